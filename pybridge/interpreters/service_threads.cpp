// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/service_threads.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe {

class service_threads::shared : public std::enable_shared_from_this<shared> {
public:
  using clock = std::chrono::steady_clock;
  using lock_type = std::unique_lock<std::mutex>;

  shared(std::size_t limit, duration patience)
      : limit_{limit}, patience_{patience} {}

  bool post(job work);
  std::size_t shutdown();
  std::size_t stuck() const;

private:
  void add_thread_locked();
  void run();
  job next(lock_type& lock);
  void wait(lock_type& lock);
  std::size_t stuck_locked() const;

  const std::size_t limit_;
  const duration patience_;

  mutable std::mutex m_;
  std::condition_variable changed_;
  // Guarded by m_.
  std::deque<job> queue_;
  std::list<clock::time_point> begins_;  // of the jobs that run, oldest first
  std::size_t threads_ = 0;
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

bool service_threads::shared::post(job work) {
  const lock_type lock{m_};
  if (closed_) {
    return false;
  }
  queue_.push_back(std::move(work));
  add_thread_locked();
  changed_.notify_one();
  return true;
}

// If jobs are queued and every thread is busy: one more, to run the next job
// now or, above the limit, as soon as one of the others is stuck.
void service_threads::shared::add_thread_locked() {
  const bool all_busy = threads_ == begins_.size();
  const bool useful = begins_.size() < limit_ || patience_ != duration::max();
  if (!queue_.empty() && all_busy && useful) {
    ++threads_;
    std::thread{[self = shared_from_this()] { self->run(); }}.detach();
  }
}

void service_threads::shared::run() {
  lock_type lock{m_};
  while (job work = next(lock)) {
    const auto entry = begins_.insert(begins_.end(), clock::now());
    add_thread_locked();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    begins_.erase(entry);
  }
  --threads_;
  changed_.notify_all();
}

// Null: this thread isn't needed any more.
service_threads::job service_threads::shared::next(lock_type& lock) {
  for (;;) {
    if (!queue_.empty() && begins_.size() - stuck_locked() < limit_) {
      job work = std::move(queue_.front());
      queue_.pop_front();
      return work;
    }
    if (queue_.empty() && (closed_ || waiting_ >= limit_)) {
      return nullptr;
    }
    ++waiting_;
    wait(lock);
    --waiting_;
  }
}

// Until something changes or, when jobs are queued, the oldest gets stuck.
void service_threads::shared::wait(lock_type& lock) {
  const std::size_t stuck = stuck_locked();
  if (queue_.empty() || patience_ == duration::max() ||
      stuck == begins_.size()) {
    changed_.wait(lock);
    return;
  }
  const auto oldest = *std::next(begins_.begin(), stuck);
  changed_.wait_until(lock, oldest + patience_);
}

std::size_t service_threads::shared::stuck_locked() const {
  if (patience_ == duration::max()) {
    return 0;
  }
  const auto now = clock::now();
  std::size_t count = 0;
  for (const auto begin : begins_) {
    if (now - begin < patience_) {
      break;
    }
    ++count;
  }
  return count;
}

std::size_t service_threads::shared::stuck() const {
  const lock_type lock{m_};
  return stuck_locked();
}

std::size_t service_threads::shared::shutdown() {
  lock_type lock{m_};
  closed_ = true;
  changed_.notify_all();
  while (threads_ > begins_.size() || begins_.size() > stuck_locked()) {
    if (begins_.empty() || patience_ == duration::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, begins_.back() + patience_);
    }
  }
  return stuck_locked();
}

service_threads::service_threads(std::size_t limit, duration patience)
    : shared_{std::make_shared<shared>(limit, patience)} {}
service_threads::~service_threads() {
  shutdown();
}

bool service_threads::post(job work) {
  return shared_->post(std::move(work));
}
std::size_t service_threads::shutdown() {
  return shared_->shutdown();
}
std::size_t service_threads::stuck() const {
  return shared_->stuck();
}

}  // namespace troupe
