// SPDX-License-Identifier: Apache-2.0
// What a thread runs now, for other threads that look at it.
//
// Relaxed: they may see a turn that is just over, or the age of one with the
// runnable of the next.
#pragma once

#include <atomic>
#include <optional>

#include "base/ticks.hpp"
#include "scheduler/runnable.hpp"

namespace troupe {

class turn_mark {
public:
  // Its thread.
  void begin(const runnable& r, ticks now) noexcept {
    running_.store(&r, std::memory_order_relaxed);
    began_.store(now, std::memory_order_relaxed);
  }
  void end() noexcept { began_.store(no_turn, std::memory_order_relaxed); }

  // Any thread.
  std::optional<ticks> age() const noexcept {
    const ticks began = began_.load(std::memory_order_relaxed);
    return began == no_turn ? std::nullopt : std::optional{ticks_now() - began};
  }
  /// Of the turn at hand, or of the last one; never to be dereferenced.
  const void* running() const noexcept {
    return static_cast<const void*>(running_.load(std::memory_order_relaxed));
  }

private:
  static constexpr ticks no_turn = 0;

  std::atomic<ticks> began_{no_turn};
  std::atomic<const runnable*> running_{nullptr};
};

}  // namespace troupe
