// SPDX-License-Identifier: Apache-2.0
#include "scheduler/manual_scheduler.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

#include "base/assert.hpp"

namespace troupe {

class manual_scheduler::watched final : public descriptor_watch {
public:
  watched(manual_scheduler& s, int descriptor, std::function<void()> ready)
      : scheduler_{s}, descriptor_{descriptor}, ready_{std::move(ready)} {
    scheduler_.watched_.push_back(this);
  }
  ~watched() override { std::erase(scheduler_.watched_, this); }

  void arm() noexcept override { armed_ = true; }
  bool take_ready() noexcept {
    pollfd readable{descriptor_, POLLIN, 0};
    return armed_ && poll(&readable, 1, 0) == 1 && std::exchange(armed_, false);
  }
  std::function<void()> function() const { return ready_; }

private:
  manual_scheduler& scheduler_;
  const int descriptor_;
  const std::function<void()> ready_;
  bool armed_ = false;
};

bool manual_scheduler::step() {
  TROUPE_CHECK(!running_);
  poll_descriptors();
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

void manual_scheduler::poll_descriptors() {
  std::vector<std::function<void()>> due;  // a function may end a watch
  for (watched* const w : watched_) {
    if (w->take_ready()) {
      due.push_back(w->function());
    }
  }
  for (const auto& ready : due) {
    ready();
  }
}

std::unique_ptr<descriptor_watch> manual_scheduler::watch(
    int descriptor, std::function<void()> ready) {
  return std::make_unique<watched>(*this, descriptor, std::move(ready));
}

std::size_t manual_scheduler::acquire_lane() {
  ++lanes_;
  return ++last_lane_;
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

bool manual_scheduler::enter_blocking() noexcept {
  ++blocking_entered_;
  ++blocking_open_;
  return true;
}

void manual_scheduler::set_on_quiet(std::function<void()> on_quiet) {
  on_quiet_ = std::move(on_quiet);
}

scheduler_stats manual_scheduler::stats() const {
  return {.turns = turns_, .workers = 1};
}

}  // namespace troupe
