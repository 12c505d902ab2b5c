// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/completion.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <utility>

#include <semaphore.h>

namespace troupe {

// A POSIX semaphore and not a condition variable: a signal that arrives in the
// waiting thread must end the wait, as it does in Python's own locks.
class detail::wait_in_progress {
public:
  wait_in_progress() { sem_init(&semaphore_, 0, 0); }
  ~wait_in_progress() { sem_destroy(&semaphore_); }
  wait_in_progress(const wait_in_progress&) = delete;
  wait_in_progress& operator=(const wait_in_progress&) = delete;

  void wake() noexcept { sem_post(&semaphore_); }
  // False: timed out.
  bool sleep(const std::optional<timespec>& deadline) noexcept {
    const int failed =
        deadline ? sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &*deadline)
                 : sem_wait(&semaphore_);
    return failed == 0 || errno != ETIMEDOUT;
  }

private:
  sem_t semaphore_;
};

namespace {

std::optional<timespec> deadline_after(
    std::optional<std::chrono::nanoseconds> timeout) {
  constexpr std::chrono::hours forever{24 * 365 * 30};  // keeps time_t whole
  if (!timeout || *timeout > forever) {
    return std::nullopt;
  }
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  const auto at = std::chrono::seconds{t.tv_sec} +
                  std::chrono::nanoseconds{t.tv_nsec} + *timeout;
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  t.tv_sec = whole.count();
  t.tv_nsec = (at - whole).count();
  return t;
}

}  // namespace

void completion::set_deadline(scheduler& clock, clock_duration at) noexcept {
  clock_ = &clock;
  deadline_ = at;
}

bool completion::set_value(payload&& value) noexcept {
  std::unique_lock lock{mutex_};
  if (closed_locked(lock)) {
    return false;
  }
  content_ = std::move(value);
  return finish(std::move(lock), state_kind::value);
}

bool completion::set_fault(fault&& why) noexcept {
  std::unique_lock lock{mutex_};
  if (closed_locked(lock)) {
    return false;
  }
  fault_ = std::make_unique<const fault>(std::move(why));
  return finish(std::move(lock), state_kind::fault);
}

// Whether it is done; if its deadline has passed, it becomes so, and the lock
// is given back.
bool completion::closed_locked(std::unique_lock<std::mutex>& lock) noexcept {
  if (state() != state_kind::pending) {
    return true;
  }
  if (!is_due()) {
    return false;
  }
  fault_ = std::make_unique<const fault>(
      fault{make_error(errc::timed_out, "no answer in time"), {}});
  return finish(std::move(lock), state_kind::fault);
}

bool completion::is_due() const noexcept {
  return clock_ != nullptr && clock_->now() >= deadline_;
}

bool completion::expire() noexcept {
  if (!is_due()) {
    return false;
  }
  std::unique_lock lock{mutex_};
  return closed_locked(lock);
}

bool completion::finish(std::unique_lock<std::mutex> lock,
                        state_kind state) noexcept {
  const ref_ptr<completion> alive{this};  // a listener may drop the last other
  state_.store(state, std::memory_order_release);  // pairs with state()
  wake_waits_locked();
  const auto listeners = std::exchange(listeners_, {});
  const timer_id timer = std::exchange(timer_, timer_id::none);
  lock.unlock();
  if (timer != timer_id::none) {
    clock_->cancel(timer);
  }
  for (const listener& l : listeners) {
    l.function();
  }
  return true;
}

void completion::on_done(std::function<void()> f, const void* owner) {
  if (!done()) {
    const std::lock_guard lock{mutex_};
    if (state() == state_kind::pending) {
      listeners_.push_back({std::move(f), owner});
      set_timer_locked();
      return;
    }
  }
  f();
}

void completion::set_timer_locked() {
  if (clock_ != nullptr && timer_ == timer_id::none) {
    const auto left = std::max(clock_duration{0}, deadline_ - clock_->now());
    timer_ =
        clock_->after(left, [c = ref_ptr<completion>{this}] { c->expire(); });
  }
}

void completion::forget(const void* owner) noexcept {
  std::vector<listener> forgotten;  // destroyed after the lock is given back
  const std::lock_guard lock{mutex_};
  const auto first = std::stable_partition(
      listeners_.begin(), listeners_.end(),
      [owner](const listener& l) { return l.owner != owner; });
  std::move(first, listeners_.end(), std::back_inserter(forgotten));
  listeners_.erase(first, listeners_.end());
}

wait_result completion::wait(std::optional<std::chrono::nanoseconds> timeout,
                             const std::function<bool()>& in_vain) {
  if (done()) {
    return wait_result::done;
  }
  const bool until_deadline = bound_by_deadline(timeout);
  detail::wait_in_progress waiting;
  {
    const std::lock_guard lock{mutex_};
    if (state() != state_kind::pending) {
      return wait_result::done;
    }
    // Under the lock: an interrupt_waits() from here on finds us in the list.
    if (in_vain && in_vain()) {
      return wait_result::interrupted;
    }
    waits_.push_back(&waiting);
  }
  const bool woken = waiting.sleep(deadline_after(timeout));
  {
    const std::lock_guard lock{mutex_};
    std::erase(waits_, &waiting);
  }
  if (done()) {
    return wait_result::done;
  }
  if (woken) {
    return wait_result::interrupted;
  }
  return until_deadline ? wait_result::interrupted : wait_result::timed_out;
}

// True: the deadline comes before the end of `timeout`, and takes its place.
bool completion::bound_by_deadline(
    std::optional<std::chrono::nanoseconds>& timeout) const noexcept {
  if (clock_ == nullptr) {
    return false;
  }
  const auto left = std::max(clock_duration{0}, deadline_ - clock_->now());
  if (timeout && *timeout < left) {
    return false;
  }
  timeout = left;
  return true;
}

void completion::interrupt_waits() noexcept {
  const std::lock_guard lock{mutex_};
  wake_waits_locked();
}

// Under the lock, so that no waiter leaves its stack frame meanwhile.
void completion::wake_waits_locked() noexcept {
  for (detail::wait_in_progress* waiting : waits_) {
    waiting->wake();
  }
}

}  // namespace troupe
