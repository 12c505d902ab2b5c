// SPDX-License-Identifier: Apache-2.0
#include "actors/completion.hpp"

#include <cerrno>
#include <ctime>
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

bool completion::set_value(payload&& value) noexcept {
  std::unique_lock lock{mutex_};
  if (done()) {
    return false;
  }
  content_ = std::move(value);
  return finish(std::move(lock), state_kind::value);
}

bool completion::set_fault(fault&& why) noexcept {
  std::unique_lock lock{mutex_};
  if (done()) {
    return false;
  }
  fault_ = std::make_unique<const fault>(std::move(why));
  return finish(std::move(lock), state_kind::fault);
}

bool completion::finish(std::unique_lock<std::mutex> lock,
                        state_kind state) noexcept {
  const ref_ptr<completion> alive{this};  // a listener may drop the last other
  state_.store(state, std::memory_order_release);  // pairs with state()
  wake_waits_locked();
  const auto listeners = std::exchange(listeners_, {});
  lock.unlock();
  for (const auto& f : listeners) {
    f();
  }
  return true;
}

void completion::on_done(std::function<void()> f) {
  {
    const std::lock_guard lock{mutex_};
    if (!done()) {
      listeners_.push_back(std::move(f));
      return;
    }
  }
  f();
}

wait_result completion::wait(std::optional<std::chrono::nanoseconds> timeout) {
  detail::wait_in_progress waiting;
  {
    const std::lock_guard lock{mutex_};
    if (done()) {
      return wait_result::done;
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
  return woken ? wait_result::interrupted : wait_result::timed_out;
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
