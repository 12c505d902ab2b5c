// SPDX-License-Identifier: Apache-2.0
#include "scheduler/manual_scheduler.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace troupe {

bool manual_scheduler::step() {
  TROUPE_CHECK(!running_);
  if (queued_.empty()) {
    return false;
  }
  ref_ptr<runnable> r = take_one();
  running_ = true;
  ++turns_;
  if (r->resume() == turn_result::more) {
    queued_.push_back(std::move(r));
  }
  r.reset();
  running_ = false;
  if (on_quiet_ && quiet()) {
    on_quiet_();
  }
  return true;
}

ref_ptr<runnable> manual_scheduler::take_one() {
  // The remainder is as good as a distribution here, and the same everywhere.
  const std::size_t chosen = random_() % queued_.size();
  std::swap(queued_[chosen], queued_.back());
  ref_ptr<runnable> r = std::move(queued_.back());
  queued_.pop_back();
  return r;
}

std::size_t manual_scheduler::run() {
  std::size_t turns = 0;
  while (step()) {
    ++turns;
  }
  return turns;
}

void manual_scheduler::advance(clock_duration duration) {
  advance_to(now_ + duration);
}

void manual_scheduler::advance_to(clock_duration then) {
  while (!timers_.empty() && *timers_.next_deadline() <= then) {
    now_ = std::max(now_, *timers_.next_deadline());
    timers_.take_due(now_)();
  }
  now_ = then;
}

void manual_scheduler::run_until_quiet() {
  run();
  while (!timers_.empty()) {
    advance_to(std::max(now_, *timers_.next_deadline()));
    run();
  }
}

void manual_scheduler::schedule(runnable& r) noexcept {
  queued_.emplace_back(&r);
}

void manual_scheduler::schedule_dedicated(runnable& r, std::size_t) noexcept {
  schedule(r);
}

timer_id manual_scheduler::after(clock_duration delay,
                                 std::function<void()> fire) {
  return timers_.add(now_ + delay, std::move(fire));
}

bool manual_scheduler::cancel(timer_id id) noexcept {
  return timers_.remove(id) != nullptr;
}

void manual_scheduler::enter_blocking() noexcept {
  ++blocking_entered_;
  ++blocking_open_;
}

void manual_scheduler::set_on_quiet(std::function<void()> on_quiet) {
  on_quiet_ = std::move(on_quiet);
}

scheduler_stats manual_scheduler::stats() const {
  return {.turns = turns_, .workers = 1};
}

}  // namespace troupe
