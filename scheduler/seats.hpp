// SPDX-License-Identifier: Apache-2.0
// The right to take up turns: as many seats as there are base workers, one for
// each core.
//
// A worker that goes away (it blocks, or its turn lasts too long) leaves its
// seat, and a spare may take it. A base worker that comes back takes a seat in
// any case: then there is one too few, and a spare leaves its own after its
// turn.
//
// Memory ordering: seq_cst, for the same reason as in idle_set.hpp: a spare
// that rests looks at any_free(), as does whoever leaves work.
#pragma once

#include <atomic>

namespace troupe {

class seats {
public:
  bool any_free() const noexcept { return free_.load() > 0; }
  bool too_few() const noexcept { return free_.load() < 0; }

  void leave() noexcept { free_.fetch_add(1); }
  /// A base worker.
  void take() noexcept { free_.fetch_sub(1); }
  /// A spare. False: none is free.
  [[nodiscard]] bool try_take() noexcept {
    int free = free_.load();
    while (free > 0) {
      if (free_.compare_exchange_weak(free, free - 1)) {
        return true;
      }
    }
    return false;
  }

private:
  std::atomic<int> free_{0};  // at the start each base worker has one
};

}  // namespace troupe
