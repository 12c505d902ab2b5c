// SPDX-License-Identifier: Apache-2.0
// Where messages go that no handler took: each is counted, with its reason.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

class dead_letters {
public:
  /// Told of each dead letter: any thread, at once; must be brief.
  using observer =
      std::function<void(const envelope&, actor_id receiver, dead_reason)>;

  /// Before the first message is sent; not thread-safe.
  void set_observer(observer o) { observer_ = std::move(o); }

  /// Any thread. Counts it, and if somebody waits for an answer, answers with
  /// a fault that says `receiver_name` and the reason.
  void add(envelope_ptr letter, actor_id receiver,
           const std::string& receiver_name, dead_reason reason) noexcept;

  /// Any thread. Only counts it and tells the observer.
  void note(const envelope& letter, actor_id receiver,
            dead_reason reason) noexcept;

  /// Any thread.
  std::uint64_t count(dead_reason reason) const noexcept;
  std::uint64_t total() const noexcept;

private:
  observer observer_;  // constant once messages flow
  // Relaxed throughout: plain counters.
  std::array<std::atomic<std::uint64_t>,
             static_cast<std::size_t>(dead_reason::count_)>
      counts_{};
};

}  // namespace troupe
