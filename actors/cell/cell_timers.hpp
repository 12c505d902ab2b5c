// SPDX-License-Identifier: Apache-2.0
// The timers of one actor. All on its turn, but for what the scheduler calls.
#pragma once

#include <atomic>
#include <unordered_map>

#include "actors/cell/behaviour.hpp"
#include "base/ref_counted.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class actor_cell;

class cell_timers {
public:
  explicit cell_timers(actor_cell& owner);
  ~cell_timers();
  cell_timers(const cell_timers&) = delete;
  cell_timers& operator=(const cell_timers&) = delete;

  void start(timer_token token, clock_duration delay, clock_duration period);
  bool cancel(timer_token token) noexcept;
  void cancel_all() noexcept;
  /// For a `timer` envelope: the timer to be served, if it wasn't cancelled.
  bool take(ref_counted& gone_off, timer_token& token) noexcept;

private:
  class timer;

  actor_cell& owner_;
  std::unordered_map<timer_token, ref_ptr<timer>> timers_;
};

}  // namespace troupe
