// SPDX-License-Identifier: Apache-2.0
// A worker of its own for a few runnables: it takes no part in stealing.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "scheduler/activity.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/run_queue.hpp"
#include "scheduler/turn_mark.hpp"

namespace troupe {

class lane {
public:
  /// Starts the thread; throws std::system_error when there is none to be had.
  lane(activity& counts, const std::string& thread_name);
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Any thread. Takes over a reference to `r`.
  void push(runnable& r) noexcept;
  /// Any thread, when nothing more is pushed: the thread ends when all that is
  /// queued has had its turns.
  void retire() noexcept;
  /// Any thread.
  const turn_mark& mark() const noexcept { return mark_; }
  const std::string& thread_name() const noexcept { return thread_name_; }
  /// Waits for the turn in progress. Not for the lane's own thread.
  void stop() noexcept;
  /// Waits for the thread of a lane that retires.
  void join() noexcept;
  /// After stop(): releases what is queued. False: nothing was.
  bool drop_queued() noexcept;

private:
  void run() noexcept;
  void run_turn(runnable& r) noexcept;
  void sleep() noexcept;
  void wake_if_asleep() noexcept;

  activity& counts_;
  const std::string thread_name_;
  run_queue queue_{run_queue::initially::open};
  parker parker_;
  // As in idle_set.hpp, for one: seq_cst, and whoever clears it wakes once.
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> retiring_{false};
  turn_mark mark_;
  std::thread thread_;
};

}  // namespace troupe
