// SPDX-License-Identifier: Apache-2.0
// Dead letters as messages: to an actor, or into a queue that a thread empties.
//
// Any thread, without Python: what arrives is decoded by whoever gets it, as a
// troupe.DeadLetter.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "actors/actor_ref.hpp"
#include "actors/dead_letters.hpp"
#include "mailbox/payload.hpp"

namespace troupe {

/// "add(1, 'x')", or a message for receive(), cut short.
std::string describe_message(const envelope& e);

/// The message that stands for `d`; `missed`: how many came before it and were
/// left out.
payload encoded_dead_letter(const dead_letter& d, std::uint64_t missed);

/// Sends each dead letter to an actor, but for those that it causes itself.
/// While 1,000 messages wait there, they are left out.
class dead_letter_sender final : public dead_letter_listener {
public:
  explicit dead_letter_sender(actor_ref to) : to_{std::move(to)} {}

  const actor_ref& receiver() const noexcept { return to_; }
  void on_dead_letter(const dead_letter& d) noexcept override;

private:
  const actor_ref to_;
  std::atomic<std::uint64_t> missed_{0};
};

/// Keeps the last 1,000 for one thread that takes them.
class dead_letter_queue final : public dead_letter_listener {
public:
  void on_dead_letter(const dead_letter& d) noexcept override;
  void on_closed() noexcept override;
  /// Blocks until there is one; none: it was closed. Never call it attached.
  std::optional<payload> take();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<payload> letters_;
  std::uint64_t missed_ = 0;
  bool closed_ = false;
};

}  // namespace troupe
