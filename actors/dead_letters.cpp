// SPDX-License-Identifier: Apache-2.0
#include "actors/dead_letters.hpp"

#include <numeric>

#include "actors/asking/completion.hpp"

namespace troupe {
namespace {

fault unanswered(const std::string& receiver, dead_reason reason) {
  const std::string name = "actor '" + receiver + "' ";
  if (reason == dead_reason::mailbox_full) {
    return {make_error(errc::refused, name + "has a full mailbox"), {}};
  }
  if (reason == dead_reason::dropped) {
    return {make_error(errc::refused,
                       name + "has a full mailbox, and dropped the request"),
            {}};
  }
  return {make_error(errc::stopped, name + "has ended and can't answer"), {}};
}

// A listener is being told on this thread.
constinit thread_local bool telling = false;

class telling_scope {
public:
  telling_scope() noexcept { telling = true; }
  ~telling_scope() { telling = false; }
  telling_scope(const telling_scope&) = delete;
  telling_scope& operator=(const telling_scope&) = delete;
};

}  // namespace

// --- Listeners ---

void dead_letters::listen(ref_ptr<dead_letter_listener> who) {
  const std::lock_guard lock{mutex_};
  listeners_.push_back(std::move(who));
  heard_.store(true, std::memory_order_relaxed);
}

void dead_letters::unlisten(const dead_letter_listener* who) {
  unlisten_if([who](const dead_letter_listener& one) { return &one == who; });
}

bool dead_letters::unlisten_if(
    const std::function<bool(const dead_letter_listener&)>& is_one) {
  listener_list gone;  // released after the lock
  const std::lock_guard lock{mutex_};
  for (auto& one : listeners_) {
    if (is_one(*one)) {
      gone.push_back(std::move(one));
    }
  }
  std::erase(listeners_, nullptr);
  heard_.store(!listeners_.empty(), std::memory_order_relaxed);
  return !gone.empty();
}

void dead_letters::close() noexcept {
  for (const auto& one : listeners()) {
    one->on_closed();
  }
}

dead_letters::listener_list dead_letters::listeners() const {
  const std::lock_guard lock{mutex_};
  return listeners_;
}

// --- Letters ---

void dead_letters::add(envelope_ptr letter, actor_id receiver,
                       const std::string& receiver_name,
                       dead_reason reason) noexcept {
  count(*letter, receiver, &receiver_name, reason, false);
  if (letter->reply_to != nullptr) {
    static_cast<completion&>(*letter->reply_to)
        .set_fault(unanswered(receiver_name, reason));
  }
}

void dead_letters::note(const envelope& letter, actor_id receiver,
                        dead_reason reason) noexcept {
  count(letter, receiver, nullptr, reason, reason != dead_reason::no_receiver);
}

void dead_letters::count(const envelope& letter, actor_id receiver,
                         const std::string* receiver_name, dead_reason reason,
                         bool told) noexcept {
  if (letter.kind == static_cast<std::uint8_t>(envelope_kind::stop)) {
    return;  // an order to stop that came too late is no message lost
  }
  counts_[static_cast<std::size_t>(reason)].fetch_add(
      1, std::memory_order_relaxed);
  if (!heard_.load(std::memory_order_relaxed) || telling) {
    return;
  }
  const telling_scope scope;
  const auto sender = static_cast<actor_id>(letter.sender);
  const dead_letter d{
      letter,
      receiver,
      receiver_name != nullptr ? *receiver_name : name_(receiver),
      sender == actor_id::nobody ? std::string{} : name_(sender),
      reason,
      told};
  for (const auto& one : listeners()) {
    one->on_dead_letter(d);
  }
}

std::uint64_t dead_letters::count(dead_reason reason) const noexcept {
  return counts_[static_cast<std::size_t>(reason)].load(
      std::memory_order_relaxed);
}

std::uint64_t dead_letters::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace troupe
