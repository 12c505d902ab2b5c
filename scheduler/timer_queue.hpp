// SPDX-License-Identifier: Apache-2.0
// Pending timers in the order in which they are due. Plain data: no clock, no
// thread, no lock; both schedulers keep theirs in one of these.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "scheduler/scheduler.hpp"

namespace troupe {

class timer_queue {
public:
  timer_id add(clock_duration deadline, std::function<void()> fire);
  /// The timer's function, for the caller to destroy where it holds no lock;
  /// empty when the timer is no longer pending.
  std::function<void()> remove(timer_id id);
  /// The first function that is due by `now`, in order of deadline and then
  /// of add(); empty when none is.
  std::function<void()> take_due(clock_duration now);
  std::optional<clock_duration> next_deadline() const;
  bool empty() const noexcept { return by_time_.empty(); }

private:
  using key = std::pair<clock_duration, timer_id>;

  std::uint64_t last_id_ = 0;
  std::map<key, std::function<void()>> by_time_;
  std::unordered_map<timer_id, clock_duration> deadlines_;
};

}  // namespace troupe
