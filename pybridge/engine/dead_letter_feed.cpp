// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/dead_letter_feed.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/symbol.hpp"
#include "pybridge/data/message_preview.hpp"
#include "pybridge/data/plain_message.hpp"

namespace troupe {
namespace {

constexpr std::size_t most_waiting = 1000;

bool is_call(const envelope& e) noexcept {
  return e.kind == static_cast<std::uint8_t>(envelope_kind::call);
}

// Who sends what tells of a dead letter: when it dies itself, nobody is told.
// No actor has this id.
constexpr std::uint64_t teller = ~std::uint64_t{0};

bool tells_of_one(const envelope& e) noexcept {
  return e.sender == teller;
}

}  // namespace

std::string describe_message(const envelope& e) {
  return is_call(e)
             ? std::string{name_of(e.selector)} + preview_of_call(e.content)
             : preview_of_message(e.content);
}

payload encoded_dead_letter(const dead_letter& d, std::uint64_t missed) {
  plain_message m;
  m.make("troupe._dead_letters:DeadLetter", 6);
  m.text(to_string(d.reason));
  m.text_or_none(d.sender_name);
  m.text_or_none(d.receiver_name);
  m.text_or_none(is_call(d.letter) ? name_of(d.letter.selector)
                                   : std::string_view{});
  m.text(is_call(d.letter) ? preview_of_call(d.letter.content)
                           : preview_of_message(d.letter.content));
  m.number(static_cast<std::int64_t>(missed));
  return m.take();
}

void dead_letter_sender::on_dead_letter(const dead_letter& d) noexcept {
  actor_cell& to = to_.cell();
  if (to.ended()) {
    return to.system().dead().unlisten(this);
  }
  if (static_cast<actor_id>(d.letter.sender) == to.id() ||
      tells_of_one(d.letter)) {
    return;
  }
  if (to.mailbox_size() >= most_waiting) {
    missed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(envelope_kind::message);
  e->sender = teller;
  e->content =
      encoded_dead_letter(d, missed_.exchange(0, std::memory_order_relaxed));
  to.deliver_or_bury(std::move(e));
}

void dead_letter_queue::on_dead_letter(const dead_letter& d) noexcept {
  if (tells_of_one(d.letter)) {
    return;
  }
  const std::lock_guard lock{mutex_};
  if (closed_) {
    return;
  }
  if (letters_.size() >= most_waiting) {
    ++missed_;
    return;
  }
  letters_.push_back(encoded_dead_letter(d, std::exchange(missed_, 0)));
  changed_.notify_one();
}

void dead_letter_queue::on_closed() noexcept {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

std::optional<payload> dead_letter_queue::take() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return closed_ || !letters_.empty(); });
  if (letters_.empty()) {
    return std::nullopt;
  }
  payload first = std::move(letters_.front());
  letters_.pop_front();
  return first;
}

}  // namespace troupe
