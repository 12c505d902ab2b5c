// SPDX-License-Identifier: Apache-2.0
// What a scheduler runs: something that takes one turn when told to.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/ref_counted.hpp"

namespace troupe {

/// How a turn ended.
enum class turn_result {
  parked,  // nothing left to do; whoever wakes it schedules it again
  more,    // work is left: the worker queues it again, behind the others
};

/// One stretch of work at a time. The scheduler keeps a reference from
/// schedule() until the turn that answers `parked` has ended.
class runnable : public ref_counted {
public:
  /// A worker thread; never two at once. May be resumed elsewhere as soon as
  /// the turn has decided to park, even before resume() has returned.
  virtual turn_result resume() noexcept = 0;

private:
  friend class runnable_list;
  friend class placement;
  friend class worker;

  static constexpr std::uint32_t no_worker = 0xffff'ffff;

  runnable* next_ = nullptr;  // guarded by the list that holds it
  // What the last turn left: the worker it ran on (its affinity), and whether
  // it was long. Relaxed: a stale value, or one that another scheduler left,
  // costs locality, never correctness.
  std::atomic<std::uint32_t> worker_{no_worker};
  std::atomic<bool> was_long_{false};
};

}  // namespace troupe
