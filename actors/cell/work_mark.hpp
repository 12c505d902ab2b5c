// SPDX-License-Identifier: Apache-2.0
// What an actor's turn does now, for other threads that look at it.
//
// It is on the path of each message: one relaxed store, to a line that the turn
// owns (//bench:core does not show it).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

struct work_report {
  envelope_kind kind;
  symbol selector;     // of a call
  std::size_t before;  // so many messages came before it in this turn
};

class work_mark {
public:
  // The turn.
  void begin(const envelope& e, std::size_t before) noexcept {
    begin(static_cast<envelope_kind>(e.kind), e.selector, before);
  }
  void begin(envelope_kind kind, symbol selector, std::size_t before) noexcept {
    value_.store(at_work | std::uint64_t{static_cast<std::uint8_t>(kind)} |
                     std::uint64_t{static_cast<std::uint8_t>(
                         std::min<std::size_t>(before, 255))}
                         << 8 |
                     std::uint64_t{static_cast<std::uint32_t>(selector)} << 32,
                 std::memory_order_relaxed);
  }
  void end() noexcept { value_.store(0, std::memory_order_relaxed); }

  /// Any thread, as of a moment ago. None: no turn, or one that just began.
  std::optional<work_report> report() const noexcept {
    const std::uint64_t value = value_.load(std::memory_order_relaxed);
    if (value == 0) {
      return std::nullopt;
    }
    return work_report{static_cast<envelope_kind>(value & 0xFF),
                       static_cast<symbol>(value >> 32), value >> 8 & 0xFF};
  }

private:
  static constexpr std::uint64_t at_work = 1 << 16;

  std::atomic<std::uint64_t> value_{0};
};

}  // namespace troupe
