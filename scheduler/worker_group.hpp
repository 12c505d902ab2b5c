// SPDX-License-Identifier: Apache-2.0
// The workers that share work, and what they share.
//
// Where work waits: in the queue of a worker, or, when it has no worker to wait
// for, in the injector. All workers look there when they have nothing else, and
// from time to time.
//
// Who is woken: of the workers that sleep, one at a time, to search for work;
// it sees to the next one if there is more. Before a worker sleeps it looks at
// everything once more; and whoever leaves work that a sleeper could do wakes
// one, unless one is searching already. idle_set.hpp has the protocol.
//
// Which work: all of the injector; of what waits for another worker, only where
// that worker has two or more in its queue, or is in a long turn. One that
// waits behind a short turn is served sooner where it is, and keeps its cache.
//
// Any thread may call anything, unless it says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ticks.hpp"
#include "scheduler/activity.hpp"
#include "scheduler/idle_set.hpp"
#include "scheduler/run_queue.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/seats.hpp"
#include "scheduler/worker.hpp"

namespace troupe {

struct worker_group_options {
  std::size_t base_workers;
  std::size_t spares;
  std::string thread_name;
  // Called when something begins to wait behind a turn. Whoever watches calls
  // look_after() from time to time from then on, until it answers false.
  std::function<void()> watch;
};

class worker_group {
public:
  worker_group(worker_group_options options, activity& counts);
  worker_group(const worker_group&) = delete;
  worker_group& operator=(const worker_group&) = delete;

  /// Throws std::system_error when there are no threads; then call stop().
  void start();
  /// Waits for the turns in progress. Not for a worker's own thread.
  void stop() noexcept;
  /// After stop(): releases what is queued. False: nothing was.
  bool drop_queued() noexcept;
  void add_to(scheduler_stats& stats) const noexcept;
  void add_to(std::vector<turn_report>& turns) const;

  std::size_t size() const noexcept { return workers_.size(); }
  worker& at(std::uint32_t index) noexcept { return *workers_[index]; }
  /// A base worker, each in turn.
  worker& next_in_turn() noexcept;
  bool somebody_sleeps() const noexcept { return !idle_.empty(); }
  bool sleeps(const worker& w) const noexcept {
    return idle_.contains(w.index());
  }

  // Leaving work; a reference goes with each runnable.

  /// In the queue of `w`, which is woken if it sleeps; or, if `w` is away, in
  /// the injector.
  void leave_with(worker& w, runnable& r) noexcept;
  void inject(runnable& r) noexcept;
  /// To be called when something was left to wait behind a turn of `w`.
  void left_waiting(const worker& w) noexcept;

  /// Takes from `w` its seat, and all that waits behind its turn. False: it was
  /// away already.
  bool vacate(worker& w) noexcept;
  /// The turn of `w`, on its own thread, is about to block, or goes on. A turn
  /// that blocked counts as away until it ends: then it needs no wake-up of a
  /// spare each time it blocks again. False: all threads are blocked now.
  bool begin_blocking(worker& w) noexcept;
  void end_blocking(worker& w) noexcept;
  /// For whoever watches: vacates workers whose turn has lasted for `too_long`
  /// while something waits. False: nothing waits anywhere any more.
  bool look_after(ticks too_long) noexcept;

private:
  friend class worker;  // the rest is between the workers and their group

  bool is_stopping() const noexcept { return stopping_.load(); }
  ticks long_turn() const noexcept { return long_turn_; }
  runnable* take_injected() noexcept { return injector_.pop(); }
  /// Something to run, taken from others; more may go to the thief's queue.
  runnable* steal_for(worker& thief) noexcept;
  void end_search() noexcept { searching_.store(false); }
  /// If there is work that a sleeper could do, wakes one.
  void share_work() noexcept;
  /// The last look of a worker that has announced that it sleeps.
  bool has_work_for(const worker& w) const noexcept;
  idle_set& bed_of(const worker& w) noexcept;

  enum class wake_result { woken, nobody, failed };
  wake_result wake_one() noexcept;
  bool start_spare(worker& w) noexcept;
  bool has_room() const noexcept;
  bool is_crowded(const worker& w) const noexcept;
  bool work_is_waiting() const noexcept;
  bool something_waits() const noexcept;
  void inject(runnable_list list) noexcept;
  void watch() noexcept;
  runnable* steal_from(worker& victim, worker& thief) noexcept;
  runnable* keep_first(runnable_list list, worker& thief) noexcept;

  // Constant after construction.
  const worker_group_options options_;
  const ticks long_turn_;
  activity& counts_;
  std::vector<std::unique_ptr<worker>> workers_;  // base first, then spares

  seats seats_;
  idle_set idle_;     // base workers that sleep
  idle_set resting_;  // spares that sleep, or were never started
  std::atomic<bool> stopping_{false};
  std::mutex starting_;  // starting a spare excludes stop()
  // Workers below it have or had a thread. Written under starting_.
  std::atomic<std::uint32_t> started_{0};

  // Written by many, seldom.
  alignas(64) std::atomic<bool> searching_{false};
  std::atomic<bool> watched_{false};
  std::atomic<std::uint64_t> hand_overs_{0};
  std::atomic<std::size_t> blocked_{0};  // workers whose turn blocks
  std::atomic<std::uint32_t> turn_of_{0};

  alignas(64) run_queue injector_{run_queue::initially::open};
};

}  // namespace troupe
