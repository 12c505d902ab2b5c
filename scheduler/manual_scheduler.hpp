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

  /// Calls the functions of armed descriptors that are readable, then runs one
  /// turn. False: nothing was queued.
  bool step();
  /// Runs turns until nothing is queued; answers how many.
  std::size_t run();
  /// Moves time on, and calls the timers' functions that are due by then, each
  /// at its own time. Runs no turn.
  void advance(clock_duration duration);
  /// Runs all turns and all timers, moving time on when only timers are left.
  /// Does not return while something goes on for ever.
  void run_until_quiet();

  /// How many lanes were acquired and not released.
  std::size_t lanes() const noexcept { return lanes_; }
  /// How many times a blocking region was entered, and how many are open now.
  std::size_t blocking_entered() const noexcept { return blocking_entered_; }
  std::size_t blocking_open() const noexcept { return blocking_open_; }

  void schedule(runnable& r) noexcept override;
  void schedule_dedicated(runnable& r, std::size_t lane) noexcept override;
  std::size_t acquire_lane() override;
  void release_lane(std::size_t) noexcept override { --lanes_; }
  std::size_t shared_lane() override { return first_acquired_lane; }
  std::unique_ptr<descriptor_watch> watch(int descriptor,
                                          std::function<void()> ready) override;
  timer_id after(clock_duration delay, std::function<void()> fire) override;
  bool cancel(timer_id id) noexcept override;
  clock_duration now() const noexcept override { return now_; }
  bool enter_blocking() noexcept override;
  void leave_blocking() noexcept override { --blocking_open_; }
  bool quiet() const noexcept override { return queued_.empty() && !running_; }
  void set_on_quiet(std::function<void()> on_quiet) override;
  scheduler_stats stats() const override;

private:
  class watched;

  ref_ptr<runnable> take_one();
  void poll_descriptors();
  void advance_to(clock_duration then);

  std::mt19937_64 random_;
  std::vector<ref_ptr<runnable>> queued_;
  bool running_ = false;
  timer_queue timers_;
  std::vector<watched*> watched_;  // the watches that live
  std::size_t lanes_ = 0;
  std::size_t last_lane_ = first_acquired_lane;
  clock_duration now_{0};
  std::function<void()> on_quiet_;
  std::uint64_t turns_ = 0;
  std::size_t blocking_entered_ = 0;
  std::size_t blocking_open_ = 0;
};

}  // namespace troupe
