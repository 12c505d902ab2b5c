// SPDX-License-Identifier: Apache-2.0
#include "actors/dead_letters.hpp"

#include <numeric>

#include "actors/completion.hpp"

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

}  // namespace

void dead_letters::add(envelope_ptr letter, actor_id receiver,
                       const std::string& receiver_name,
                       dead_reason reason) noexcept {
  note(*letter, receiver, reason);
  if (letter->reply_to != nullptr) {
    static_cast<completion&>(*letter->reply_to)
        .set_fault(unanswered(receiver_name, reason));
  }
}

void dead_letters::note(const envelope& letter, actor_id receiver,
                        dead_reason reason) noexcept {
  if (letter.kind == static_cast<std::uint8_t>(envelope_kind::stop)) {
    return;  // an order to stop that came too late is no message lost
  }
  counts_[static_cast<std::size_t>(reason)].fetch_add(
      1, std::memory_order_relaxed);
  if (observer_) {
    observer_(letter, receiver, reason);
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
