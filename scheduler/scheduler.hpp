// SPDX-License-Identifier: Apache-2.0
// Runs runnables on worker threads, and functions at points in time.
//
// Three kinds: thread_scheduler (real threads, real time); stepped_scheduler
// (one turn at a time, virtual time, a seed), on which users test their actors;
// and manual_scheduler, the same on the caller's thread, for tests in C++.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/runnable.hpp"

namespace troupe {

using clock_duration = std::chrono::nanoseconds;

/// Names a pending timer; never used twice by one scheduler.
enum class timer_id : std::uint64_t { none = 0 };

/// A descriptor whose readiness somebody waits for; see scheduler::watch().
/// Must not outlive the scheduler.
class descriptor_watch {
public:
  /// Any thread. From now on nothing is called, though a call may still be in
  /// progress. Only then may the descriptor be closed.
  virtual ~descriptor_watch() = default;
  /// Any thread. Has `ready` called once when the descriptor is readable: soon,
  /// if it is already. Does nothing while it is armed.
  virtual void arm() noexcept = 0;
};

struct scheduler_stats {
  std::uint64_t turns = 0;
  std::uint64_t steals = 0;
  std::uint64_t parks = 0;       // times that a worker went to sleep
  std::uint64_t hand_overs = 0;  // long turns that lost their queue
  std::size_t workers = 0;
  std::size_t spare_workers = 0;  // started for long or blocked turns
};

/// A turn that is in progress, for people to look at.
struct turn_report {
  std::string thread;
  const void* runnable;  // it may be gone by now: to compare only
  clock_duration age;
};

/// Something that a thread waits for; see scheduler::drive().
struct driven_wait {
  std::function<bool()> done;  // called on any thread, often: cheap
  std::optional<clock_duration> timeout{};
  // Who waits for what: a line for people. Called on any thread.
  std::function<std::string()> words{};
};

enum class drive_result {
  not_driven,   // this scheduler runs by itself: wait as threads do
  done,         //
  timed_out,    //
  interrupted,  // a signal handler ran in this thread
  stuck,        // nothing is left that could bring it about
  endless,      // it isn't done after a very large number of turns
};

class scheduler {
public:
  virtual ~scheduler() = default;

  /// Any thread; never blocks for long. `r` must be off every queue: the
  /// caller is the one whom the wake protocol obliged.
  virtual void schedule(runnable& r) noexcept = 0;
  /// As schedule(), on a worker with a thread of its own that serves only the
  /// runnables given here under the same `lane`, one at a time. Lanes below
  /// `first_acquired_lane` are there for whoever names them, the others from
  /// acquire_lane() on; to one that was released this is schedule().
  virtual void schedule_dedicated(runnable& r, std::size_t lane) noexcept = 0;
  static constexpr std::size_t first_acquired_lane = 1024;

  /// Any thread. A lane that nobody else gets before it is released. Throws
  /// std::system_error when there is no thread for it.
  virtual std::size_t acquire_lane() = 0;
  /// Any thread, the lane's own too. What is queued there still has its turns;
  /// then the thread ends.
  virtual void release_lane(std::size_t lane) noexcept = 0;
  /// Any thread. One of a few lanes, no more than there are workers, that are
  /// dealt out in turn and stay. Throws as acquire_lane().
  virtual std::size_t shared_lane() = 0;

  /// Any thread. Calls `fire` once, on a scheduler thread that must not be
  /// kept busy, when `delay` (not negative) has passed.
  virtual timer_id after(clock_duration delay, std::function<void()> fire) = 0;
  /// Any thread. True: `fire` will not be called. False: it was, or is being.
  virtual bool cancel(timer_id id) noexcept = 0;
  /// Any thread. `ready` is called on a scheduler thread that must not be kept
  /// busy, once for each arm(). Throws std::system_error for a descriptor that
  /// can't be waited for. See descriptor_watch.
  virtual std::unique_ptr<descriptor_watch> watch(
      int descriptor, std::function<void()> ready) = 0;

  /// Monotonic; virtual under the manual scheduler.
  virtual clock_duration now() const noexcept = 0;

  /// This thread's turn is about to block / goes on (see blocking_region).
  /// False: with it all threads would be blocked, and no other turn could run.
  virtual bool enter_blocking() noexcept = 0;
  virtual void leave_blocking() noexcept = 0;

  /// Detached, in a turn or not. A scheduler that runs only when told runs
  /// turns and timers until `wait` is done, and in a turn it never says
  /// `stuck`.
  virtual drive_result drive(const driven_wait& wait) {
    static_cast<void>(wait);
    return drive_result::not_driven;
  }
  /// True for one that runs only when told: then a turn does as little as it
  /// can, and what it might choose it asks draw() for.
  virtual bool steps() const noexcept { return false; }
  /// On a turn: a number below `count`.
  virtual std::size_t draw(std::size_t count) noexcept {
    static_cast<void>(count);
    return 0;
  }
  /// For people: who waits, a line for each.
  virtual std::string who_waits() const { return {}; }

  /// Waits for the turns in progress, then ends all threads. Not for the
  /// scheduler's own threads.
  virtual void stop() noexcept {}

  /// True for an instant at which nothing was queued or running. Any thread.
  virtual bool quiet() const noexcept = 0;
  /// Calls `on_quiet` (any thread, brief) whenever the last worker goes idle.
  /// When this returns, no other thread is in the function that was set before.
  virtual void set_on_quiet(std::function<void()> on_quiet) = 0;

  virtual scheduler_stats stats() const = 0;
  /// Any thread: the turns in progress, as of a moment ago.
  virtual std::vector<turn_report> turns() const { return {}; }
};

/// Around anything in a turn that may wait: others' turns go elsewhere.
/// Does nothing on a thread that runs no turn.
class blocking_region {
public:
  explicit blocking_region(scheduler& s) noexcept
      : scheduler_{s}, others_go_on_{s.enter_blocking()} {}
  ~blocking_region() { scheduler_.leave_blocking(); }
  blocking_region(const blocking_region&) = delete;
  blocking_region& operator=(const blocking_region&) = delete;

  /// False: no thread is left for others' turns, so don't wait for one.
  bool others_go_on() const noexcept { return others_go_on_; }

private:
  scheduler& scheduler_;
  const bool others_go_on_;
};

/// A small number for each thread that ever asked, reused after it ended:
/// index of per-thread caches. Less than max_thread_slots, or the process
/// ends with a message.
inline constexpr std::size_t max_thread_slots = 512;
std::size_t this_thread_slot() noexcept;

}  // namespace troupe
