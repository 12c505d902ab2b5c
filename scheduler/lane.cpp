// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lane.hpp"

#include "scheduler/thread_name.hpp"

namespace troupe {

lane::lane(activity& counts, const std::string& thread_name)
    : counts_{counts}, thread_name_{thread_name}, thread_{[this] {
        name_this_thread(thread_name_);
        run();
      }} {}

void lane::push(runnable& r) noexcept {
  counts_.count_scheduled();
  static_cast<void>(queue_.push(r));  // never closed
  wake_if_asleep();
}

void lane::stop() noexcept {
  stopping_.store(true);
  wake_if_asleep();
  join();
}

void lane::retire() noexcept {
  retiring_.store(true);
  wake_if_asleep();
}

void lane::join() noexcept {
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool lane::drop_queued() noexcept {
  bool any = false;
  while (runnable* const r = queue_.pop()) {
    r->release();
    counts_.count_ended();
    any = true;
  }
  return any;
}

void lane::wake_if_asleep() noexcept {
  if (asleep_.load() && asleep_.exchange(false)) {
    parker_.wake();
  }
}

void lane::run() noexcept {
  while (!stopping_.load()) {
    const bool last = retiring_.load();  // before pop(): nothing comes after
    if (runnable* const r = queue_.pop()) {
      run_turn(*r);
    } else if (last) {
      counts_.before_sleep();
      return;
    } else {
      sleep();
    }
  }
}

void lane::run_turn(runnable& r) noexcept {
  counts_.count_turn();
  mark_.begin(r, ticks_now());
  const turn_result result = r.resume();
  mark_.end();
  if (result == turn_result::more) {
    static_cast<void>(queue_.push(r));  // never closed
    return;
  }
  r.release();
  counts_.count_ended();
}

void lane::sleep() noexcept {
  asleep_.store(true);
  counts_.before_sleep();
  if (queue_.empty() && !stopping_.load() && !retiring_.load()) {
    parker_.wait();
  }
  if (!asleep_.exchange(false)) {
    parker_.take_wake();
  }
}

}  // namespace troupe
