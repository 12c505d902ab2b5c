// SPDX-License-Identifier: Apache-2.0
// What a stepped_scheduler is made of; for its two sources only.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include <semaphore.h>
#include <time.h>

#include "scheduler/stepped_scheduler.hpp"

namespace troupe {
namespace detail {

/// Where one thread sleeps. A wake-up that comes before sticks.
class sleeping_place {
public:
  sleeping_place() { sem_init(&semaphore_, 0, 0); }
  ~sleeping_place() { sem_destroy(&semaphore_); }
  sleeping_place(const sleeping_place&) = delete;
  sleeping_place& operator=(const sleeping_place&) = delete;

  void wake() noexcept { sem_post(&semaphore_); }
  /// False: a signal handler ran.
  bool sleep() noexcept { return sem_wait(&semaphore_) == 0; }
  /// The same, or half a second has passed: a signal that comes just before the
  /// sleep doesn't end it.
  bool sleep_a_while() noexcept {
    constexpr long half_a_second = 500'000'000;
    timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += half_a_second;
    end.tv_sec += end.tv_nsec / 1'000'000'000;
    end.tv_nsec %= 1'000'000'000;
    return sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &end) == 0;
  }

private:
  sem_t semaphore_;
};

}  // namespace detail

struct stepped_scheduler::item {
  ref_ptr<runnable> what;
  std::size_t lane = any_thread;
};

/// A thread that waits. On that thread's stack.
struct stepped_scheduler::waiter {
  // Constant once others see it.
  const driven_wait* wait = nullptr;  // null: step(), run() or advance()
  clock_duration until = clock_duration::max();  // how far time may move
  std::uint64_t turns = 0;                       // so many, and it is over

  // By whoever has the baton.
  std::uint64_t last_turn = 0;   // with `turns`
  std::uint64_t last_event = 0;  // turns and timers, and it is endless
  bool timed_out = false;
  bool ran = false;  // a turn, meanwhile

  timer_id timer = timer_id::none;        // its own thread
  std::optional<drive_result> outcome{};  // guarded by mutex_
  detail::sleeping_place parking{};

  bool is_done() const { return wait != nullptr && wait->done(); }
};

/// A thread for turns.
struct stepped_scheduler::member {
  /// The calling thread, if it runs a turn of `s`; else null.
  static member* here(const stepped_scheduler& s) noexcept;
  static void set_here(const stepped_scheduler& s, member* m) noexcept;

  const std::size_t lane;  // whose turns it runs, and no others

  // Guarded by mutex_.
  bool idle = false;
  bool in_turn = false;
  item assigned{};  // with the baton: run this first

  detail::sleeping_place parking{};
  std::thread thread{};  // last: it uses the rest
};

class stepped_scheduler::watched final : public descriptor_watch {
public:
  watched(stepped_scheduler& s, int descriptor, std::function<void()> ready);
  ~watched() override;

  void arm() noexcept override;

private:
  friend class stepped_scheduler;

  stepped_scheduler& scheduler_;
  const int descriptor_;
  const std::function<void()> ready_;
  bool armed_ = false;  // guarded by the scheduler's mutex
};

}  // namespace troupe
