// SPDX-License-Identifier: Apache-2.0
#include "scheduler/timers.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/assert.hpp"

namespace troupe {

clock_duration timers::now() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch();
}

timer_id timers::after(clock_duration delay, std::function<void()> fire) {
  TROUPE_ASSERT(fire != nullptr);
  const clock_duration start = now();
  const auto deadline = start + std::min(delay, clock_duration::max() - start);
  std::unique_lock lock{mutex_};
  const timer_id id = queue_.add(deadline, std::move(fire));
  if (deadline < armed_for_) {
    armed_for_ = deadline;
    lock.unlock();
    boost::asio::post(first_.get_executor(), [this] { arm(); });
  }
  return id;
}

bool timers::cancel(timer_id id) noexcept {
  std::function<void()> removed;  // destroyed after the lock is given back
  const std::lock_guard lock{mutex_};
  removed = queue_.remove(id);
  return removed != nullptr;
}

void timers::drop_all() noexcept {
  timer_queue dropped;  // destroyed after the lock is given back
  const std::lock_guard lock{mutex_};
  std::swap(dropped, queue_);
}

void timers::arm() {
  {
    const std::lock_guard lock{mutex_};
    armed_for_ = queue_.next_deadline().value_or(clock_duration::max());
    if (queue_.empty()) {
      return;
    }
    first_.expires_at(std::chrono::steady_clock::time_point{armed_for_});
  }
  first_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {  // an error: set anew meanwhile
      fire_due();
    }
  });
}

void timers::fire_due() {
  const auto take_due = [this] {
    const std::lock_guard lock{mutex_};
    return queue_.take_due(now());
  };
  while (const auto fire = take_due()) {
    fire();
  }
  arm();
}

}  // namespace troupe
