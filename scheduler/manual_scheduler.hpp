// SPDX-License-Identifier: Apache-2.0
// A scheduler for tests: one thread, one turn at a time, virtual time. Which of
// the queued runnables runs next is drawn from a seed, so that an interleaving
// can be replayed.
//
// Everything is called by one thread, inside or outside a turn.
#pragma once

#include <random>
#include <vector>

#include "scheduler/scheduler.hpp"
#include "scheduler/timer_queue.hpp"

namespace troupe {

class manual_scheduler final : public scheduler {
public:
  explicit manual_scheduler(std::uint64_t seed = 0) : random_{seed} {}

  /// Runs one turn. False: nothing was queued.
  bool step();
  /// Runs turns until nothing is queued; answers how many.
  std::size_t run();
  /// Moves time on, and calls the timers' functions that are due by then, each
  /// at its own time. Runs no turn.
  void advance(clock_duration duration);
  /// Runs all turns and all timers, moving time on when only timers are left.
  /// Does not return while something goes on for ever.
  void run_until_quiet();

  /// How many times a blocking region was entered, and how many are open now.
  std::size_t blocking_entered() const noexcept { return blocking_entered_; }
  std::size_t blocking_open() const noexcept { return blocking_open_; }

  void schedule(runnable& r) noexcept override;
  void schedule_dedicated(runnable& r, std::size_t lane) noexcept override;
  timer_id after(clock_duration delay, std::function<void()> fire) override;
  bool cancel(timer_id id) noexcept override;
  clock_duration now() const noexcept override { return now_; }
  void enter_blocking() noexcept override;
  void leave_blocking() noexcept override { --blocking_open_; }
  bool quiet() const noexcept override { return queued_.empty() && !running_; }
  void set_on_quiet(std::function<void()> on_quiet) override;
  scheduler_stats stats() const override;

private:
  ref_ptr<runnable> take_one();
  void advance_to(clock_duration then);

  std::mt19937_64 random_;
  std::vector<ref_ptr<runnable>> queued_;
  bool running_ = false;
  timer_queue timers_;
  clock_duration now_{0};
  std::function<void()> on_quiet_;
  std::uint64_t turns_ = 0;
  std::size_t blocking_entered_ = 0;
  std::size_t blocking_open_ = 0;
};

}  // namespace troupe
