// SPDX-License-Identifier: Apache-2.0
// Timers in real time: all in one queue, and one Asio timer for the first.
#pragma once

#include <functional>
#include <mutex>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "scheduler/scheduler.hpp"
#include "scheduler/timer_queue.hpp"

namespace troupe {

class timers {
public:
  explicit timers(boost::asio::io_context& context) : first_{context} {}

  /// Any thread; see scheduler::after() and cancel().
  timer_id after(clock_duration delay, std::function<void()> fire);
  bool cancel(timer_id id) noexcept;

  /// When the context's thread has ended: drops all that is pending.
  void drop_all() noexcept;

  static clock_duration now() noexcept;

private:
  void arm();
  void fire_due();

  boost::asio::steady_timer first_;  // the context's thread only

  std::mutex mutex_;
  timer_queue queue_;  // guarded by mutex_
  // When first_ goes off, or is about to be set to. Guarded by mutex_.
  clock_duration armed_for_ = clock_duration::max();
};

}  // namespace troupe
