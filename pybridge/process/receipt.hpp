// SPDX-License-Identifier: Apache-2.0
// Goes with a message that came from another process, as an attachment of its
// content: when it is gone, so is the message, however it was handled, and the
// sender's process is told. So a stash, a forward or a deferred answer needs no
// word of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/process/message_marks.hpp"

namespace troupe {

class peer;

/// What became of a message: handled, dead of a dead_reason, or never begun.
enum class outcome : std::uint8_t { handled, returned, dead };

constexpr outcome dead_of(dead_reason reason) noexcept {
  return static_cast<outcome>(static_cast<std::uint8_t>(outcome::dead) +
                              static_cast<std::uint8_t>(reason));
}
constexpr bool is_outcome(outcome o) noexcept {
  return o < dead_of(dead_reason::count_);
}
/// None: it was handled or returned.
constexpr std::optional<dead_reason> reason_of(outcome o) noexcept {
  return o < outcome::dead ? std::nullopt
                           : std::optional{static_cast<dead_reason>(
                                 static_cast<std::uint8_t>(o) -
                                 static_cast<std::uint8_t>(outcome::dead))};
}

/// What is known of a message's outcome; may outlive the message.
class message_fate final : public ref_counted {
public:
  outcome what() const noexcept { return what_.load(); }
  /// Any thread. The first word counts.
  void set(outcome what) noexcept {
    outcome handled = outcome::handled;
    what_.compare_exchange_strong(handled, what);
  }

private:
  std::atomic<outcome> what_{outcome::handled};
};

class receipt final : public ref_counted {
public:
  receipt(ref_ptr<peer> from, std::uint64_t number, message_mark mark);

  const peer& from() const noexcept { return *from_; }
  const message_mark& mark() const noexcept { return mark_; }
  message_fate& fate() const noexcept { return *fate_; }

private:
  ~receipt() override;

  // Constant.
  const ref_ptr<peer> from_;
  const std::uint64_t number_;
  const message_mark mark_;
  const ref_ptr<message_fate> fate_;
};

/// Null: the message came from no other process. Borrowed.
receipt* receipt_of(const envelope& e) noexcept;

}  // namespace troupe
