// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_queue.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void runnable_list::push_back(runnable& r) noexcept {
  r.next_ = nullptr;
  (first_ == nullptr ? first_ : last_->next_) = &r;
  last_ = &r;
  ++size_;
}

void runnable_list::append(runnable_list&& other) noexcept {
  if (other.empty()) {
    return;
  }
  (first_ == nullptr ? first_ : last_->next_) = other.first_;
  last_ = other.last_;
  size_ += other.size_;
  other.first_ = other.last_ = nullptr;
  other.size_ = 0;
}

runnable* runnable_list::pop_front() noexcept {
  if (first_ == nullptr) {
    return nullptr;
  }
  runnable* const r = first_;
  first_ = r->next_;
  --size_;
  return r;
}

runnable_list runnable_list::take_front(std::size_t count) noexcept {
  runnable_list front;
  for (; count != 0; --count) {
    front.push_back(*pop_front());
  }
  return front;
}

bool run_queue::push(runnable& r) noexcept {
  const std::lock_guard lock{mutex_};
  if (closed_.load(std::memory_order_relaxed)) {  // guarded by the lock
    return false;
  }
  list_.push_back(r);
  size_.store(list_.size());
  return true;
}

bool run_queue::push_all(runnable_list& list) noexcept {
  const std::lock_guard lock{mutex_};
  if (closed_.load(std::memory_order_relaxed)) {  // guarded by the lock
    return false;
  }
  list_.append(std::move(list));
  size_.store(list_.size());
  return true;
}

runnable* run_queue::pop() noexcept {
  if (empty()) {
    return nullptr;
  }
  const std::lock_guard lock{mutex_};
  runnable* const r = list_.pop_front();
  size_.store(list_.size());
  return r;
}

runnable_list run_queue::take_half() noexcept {
  constexpr std::size_t most = 64;
  if (empty()) {
    return {};
  }
  const std::lock_guard lock{mutex_};
  auto half = list_.take_front(std::min((list_.size() + 1) / 2, most));
  size_.store(list_.size());
  return half;
}

std::optional<runnable_list> run_queue::close() noexcept {
  const std::lock_guard lock{mutex_};
  if (closed_.exchange(true)) {
    return std::nullopt;
  }
  size_.store(0);
  return std::move(list_);
}

void run_queue::open() noexcept {
  const std::lock_guard lock{mutex_};
  closed_.store(false);
}

}  // namespace troupe
