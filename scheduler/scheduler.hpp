// SPDX-License-Identifier: Apache-2.0
// Runs runnables on worker threads, and functions at points in time.
//
// Two kinds: thread_scheduler (real threads, real time) and manual_scheduler
// (one step at a time, virtual time, a seed), which tests use.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "scheduler/runnable.hpp"

namespace troupe {

using clock_duration = std::chrono::nanoseconds;

/// Names a pending timer; never used twice by one scheduler.
enum class timer_id : std::uint64_t { none = 0 };

struct scheduler_stats {
  std::uint64_t turns = 0;
  std::uint64_t steals = 0;
  std::uint64_t parks = 0;       // times that a worker went to sleep
  std::uint64_t hand_overs = 0;  // long turns that lost their queue
  std::size_t workers = 0;
  std::size_t spare_workers = 0;  // started for long or blocked turns
};

class scheduler {
public:
  virtual ~scheduler() = default;

  /// Any thread; never blocks for long. `r` must be off every queue: the
  /// caller is the one whom the wake protocol obliged.
  virtual void schedule(runnable& r) noexcept = 0;
  /// As schedule(), on a worker with a thread of its own that serves only the
  /// runnables given here under the same `lane` (0, 1, ...), one at a time.
  virtual void schedule_dedicated(runnable& r, std::size_t lane) noexcept = 0;

  /// Any thread. Calls `fire` once, on a scheduler thread that must not be
  /// kept busy, when `delay` (not negative) has passed.
  virtual timer_id after(clock_duration delay, std::function<void()> fire) = 0;
  /// Any thread. True: `fire` will not be called. False: it was, or is being.
  virtual bool cancel(timer_id id) noexcept = 0;
  /// Monotonic; virtual under the manual scheduler.
  virtual clock_duration now() const noexcept = 0;

  /// This thread's turn is about to block / goes on (see blocking_region).
  virtual void enter_blocking() noexcept = 0;
  virtual void leave_blocking() noexcept = 0;

  /// True for an instant at which nothing was queued or running. Any thread.
  virtual bool quiet() const noexcept = 0;
  /// Calls `on_quiet` (any thread, brief) whenever the last worker goes idle.
  /// When this returns, no other thread is in the function that was set before.
  virtual void set_on_quiet(std::function<void()> on_quiet) = 0;

  virtual scheduler_stats stats() const = 0;
};

/// Around anything in a turn that may wait: others' turns go elsewhere.
/// Does nothing on a thread that runs no turn.
class blocking_region {
public:
  explicit blocking_region(scheduler& s) noexcept : scheduler_{s} {
    scheduler_.enter_blocking();
  }
  ~blocking_region() { scheduler_.leave_blocking(); }
  blocking_region(const blocking_region&) = delete;
  blocking_region& operator=(const blocking_region&) = delete;

private:
  scheduler& scheduler_;
};

/// A small number for each thread that ever asked, reused after it ended:
/// index of per-thread caches. Less than max_thread_slots, or the process
/// ends with a message.
inline constexpr std::size_t max_thread_slots = 512;
std::size_t this_thread_slot() noexcept;

}  // namespace troupe
