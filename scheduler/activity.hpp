// SPDX-License-Identifier: Apache-2.0
// Counts stints, so that one can tell when nothing is queued or running. A
// stint goes from schedule() to the end of the turn that parked.
//
// Each worker counts for itself, without a locked instruction; one pair of
// counters is for all other threads. quiet() reads first what has ended, then
// what was scheduled, and compares the sums. Why equal sums mean quiet:
//   A stint is counted as scheduled before it is queued, and as ended after
//   its turn, which is after all that the turn itself scheduled. So for every
//   end that we read, we read the beginning too (release at the end, acquire
//   here), and the beginnings of all that it scheduled. Equal sums then mean
//   that we read the very same stints on both sides: a set of which each has
//   ended, and which scheduled nothing outside of itself. At the moment when
//   the last of them ended, no other stint had begun that they, or whoever
//   calls quiet(), could know of: nothing was queued or running.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe {

/// A count that one thread writes and any thread reads.
class own_counter {
public:
  void increment() noexcept {
    // Relaxed: our own value. Release: pairs with get().
    count_.store(count_.load(std::memory_order_relaxed) + 1,
                 std::memory_order_release);
  }
  /// Sees what the owner did before it counted.
  std::uint64_t get() const noexcept {
    return count_.load(std::memory_order_acquire);  // pairs with increment()
  }

private:
  std::atomic<std::uint64_t> count_{0};
};

/// What one worker counts.
struct alignas(64) own_activity {
  own_counter scheduled;
  own_counter ended;
  own_counter turns;
  own_counter steals;
};

class activity {
public:
  /// For workers with indices below `workers`.
  explicit activity(std::size_t workers) : own_(workers) {}

  own_activity& of(std::size_t worker) noexcept { return own_[worker]; }

  // Any thread, for stints that no worker schedules or ends.
  void count_scheduled() noexcept { scheduled_.fetch_add(1); }
  void count_ended() noexcept { ended_.fetch_add(1); }
  void count_turn() noexcept {
    turns_.fetch_add(1, std::memory_order_relaxed);  // a statistic
  }

  /// True for an instant at which nothing was queued or running. Any thread.
  bool quiet() const noexcept;
  /// Waits while another thread is in a call of the function before.
  void set_on_quiet(std::function<void()> on_quiet);
  /// Every thread that runs turns, each time before it sleeps: calls `on_quiet`
  /// when all is quiet.
  void before_sleep() noexcept;

  std::uint64_t turns() const noexcept;
  std::uint64_t steals() const noexcept;
  std::uint64_t sleeps() const noexcept { return sleeps_.load(); }

private:
  std::uint64_t sum(own_counter own_activity::*counter) const noexcept;

  std::vector<own_activity> own_;  // each written by its worker

  alignas(64) std::atomic<std::uint64_t> scheduled_{0};
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<std::uint64_t> turns_{0};

  alignas(64) std::atomic<std::uint64_t> sleeps_{0};
  std::recursive_mutex mutex_;  // held while on_quiet_ is called
  std::shared_ptr<const std::function<void()>> on_quiet_;  // guarded by mutex_
};

}  // namespace troupe
