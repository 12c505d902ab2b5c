// SPDX-License-Identifier: Apache-2.0
// One thread that runs turns: from its hot slot, its own queue, or others'.
//
// The hot slot holds the runnable that this worker's turn woke last: a request
// and its reply alternate there without a lock or a thread switch. Everything
// else waits in the queue. While the queue is closed the worker is away: it has
// left its seat (see seats.hpp), and nothing may wait behind it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/ticks.hpp"
#include "scheduler/activity.hpp"
#include "scheduler/parker.hpp"
#include "scheduler/run_queue.hpp"
#include "scheduler/turn_mark.hpp"

namespace troupe {

class worker_group;

/// Base workers stay; spares run only while there is a seat to spare.
enum class worker_kind { base, spare };

class worker {
public:
  worker(worker_group& group, own_activity& counts, std::uint32_t index,
         worker_kind kind);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// The worker whose thread this is; null on other threads.
  static worker* current() noexcept;

  std::uint32_t index() const noexcept { return index_; }
  worker_kind kind() const noexcept { return kind_; }
  worker_group& group() const noexcept { return group_; }

  // Any thread.

  run_queue& queue() noexcept { return queue_; }
  const run_queue& queue() const noexcept { return queue_; }
  bool is_away() const noexcept { return queue_.is_closed(); }
  bool has_waiting() const noexcept {
    return !queue_.empty() || hot_.load() != nullptr;
  }
  /// Whether it is in a turn that has lasted `age` or longer.
  bool in_turn_for(ticks age) const noexcept;
  /// Whether it is in a turn that is long, or probably will be.
  bool in_long_turn() const noexcept;
  const turn_mark& mark() const noexcept { return mark_; }
  /// What was in the hot slot, if anything; now the caller's to run or queue.
  runnable* take_hot() noexcept {
    return hot_.load() == nullptr ? nullptr : hot_.exchange(nullptr);
  }

  // Whoever claimed it in the idle set that it sleeps in.

  void wake() noexcept { parker_.wake(); }
  bool has_thread() const noexcept { return has_thread_; }
  /// Its first wake-up. False: the system has no thread for us.
  [[nodiscard]] bool start(const std::string& thread_name) noexcept;
  /// Before wake() or start(): look around for work, then call
  /// worker_group::end_search().
  void tell_to_search(bool search) noexcept { searching_ = search; }

  /// When no thread starts it any more.
  void join() noexcept;

  // Its own thread.

  /// Puts `r` into the hot slot; answers what was there.
  runnable* swap_hot(runnable& r) noexcept { return hot_.exchange(&r); }
  own_activity& counts() noexcept { return counts_; }
  bool in_turn() const noexcept { return in_turn_for(0); }
  /// Regions may nest. True: the outermost.
  bool enter_region() noexcept { return regions_++ == 0; }
  bool leave_region() noexcept { return --regions_ == 0; }

private:
  void run(const std::string& thread_name) noexcept;
  runnable* next() noexcept;
  bool has_seat() noexcept;
  runnable* take_own() noexcept;
  runnable* search() noexcept;
  void hand_search_on() noexcept;
  void end_search() noexcept;
  void sleep() noexcept;
  void run_turn(runnable& r) noexcept;

  // Constant after construction.
  worker_group& group_;
  own_activity& counts_;
  const std::uint32_t index_;
  const worker_kind kind_;

  // Its own thread only.
  std::uint32_t picks_ = 0;
  std::uint32_t hot_in_a_row_ = 0;
  std::uint32_t regions_ = 0;  // blocking ones that its turn is in
  // By whoever claimed it, before the wake-up; then its own thread.
  bool searching_ = false;
  bool has_thread_ = false;
  std::thread thread_;  // only start() and join()

  // Written by this worker, read by others.
  alignas(64) turn_mark mark_;
  std::atomic<bool> expects_long_turn_{false};  // as the last one was
  std::atomic<runnable*> hot_{nullptr};         // thieves take from it

  // Written by all.
  alignas(64) run_queue queue_;
  parker parker_;
};

}  // namespace troupe
