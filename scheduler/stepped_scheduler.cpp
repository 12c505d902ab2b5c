// SPDX-License-Identifier: Apache-2.0
// What others call. Who goes on when is in stepped_conduct.cpp.
#include "scheduler/stepped_scheduler.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "scheduler/stepped_parts.hpp"

namespace troupe {

stepped_scheduler::stepped_scheduler(const options& chosen)
    : options_{chosen}, random_{chosen.seed} {}

stepped_scheduler::~stepped_scheduler() {
  stop();
}

void stepped_scheduler::stop() noexcept {
  std::vector<std::unique_ptr<member>> members;
  {
    const lock l{mutex_};
    stopping_ = true;
    for (const auto& m : members_) {
      m->parking.wake();
    }
    members = std::exchange(members_, {});
  }
  for (const auto& m : members) {
    m->thread.join();
  }
  // What is dropped may schedule others: go on until nothing is left.
  for (bool dropped = true; dropped;) {
    std::vector<item> queued;
    timer_queue timers;
    const lock l{mutex_};
    queued.swap(queued_);
    std::swap(timers, timers_);
    dropped = !queued.empty() || !timers.empty();
  }
}

bool stepped_scheduler::step() {
  waiter w{.until = now()};
  w.turns = 1;
  wait_outside(w);
  return w.ran;
}

drive_result stepped_scheduler::run() {
  waiter w{.until = now()};
  return wait_outside(w);
}

drive_result stepped_scheduler::advance(clock_duration duration) {
  waiter w{.until = now() + duration};
  return wait_outside(w);
}

drive_result stepped_scheduler::drive(const driven_wait& wait) {
  if (wait.done()) {
    return drive_result::done;
  }
  if (wait.timeout && *wait.timeout <= clock_duration::zero()) {
    return drive_result::timed_out;
  }
  waiter w{.wait = &wait};
  return member::here(*this) == nullptr ? wait_outside(w) : wait_in_turn(w);
}

void stepped_scheduler::set_timeout_locked(waiter& w) {
  if (w.wait != nullptr && w.wait->timeout) {
    w.timer =
        timers_.add(now() + *w.wait->timeout, [&w] { w.timed_out = true; });
  }
}

drive_result stepped_scheduler::wait_outside(waiter& w) {
  {
    const lock l{mutex_};
    if (stopping_) {
      return drive_result::stuck;
    }
    set_timeout_locked(w);
    w.last_turn = turns_ + w.turns;
    w.last_event = turns_ + fired_ + options_.turn_limit;
    outside_.push_back(&w);
    if (!std::exchange(conducting_, true)) {
      give_baton(idle_member(any_thread));
    }
  }
  if (!sleep_outside(w)) {
    const std::lock_guard not_looked_at{looking_};
    const lock l{mutex_};
    if (!w.outcome) {
      std::erase(outside_, &w);
      w.outcome = drive_result::interrupted;
    }
  }
  cancel(w.timer);
  return *w.outcome;
}

// False: a signal handler ran, or may have: one turn has lasted for long.
bool stepped_scheduler::sleep_outside(waiter& w) {
  if (!options_.looks_for_signals || w.turns != 0) {
    return w.parking.sleep();
  }
  std::uint64_t seen = 0;
  while (!w.parking.sleep_a_while()) {
    const bool nothing_came = errno == ETIMEDOUT;
    const lock l{mutex_};
    if (!nothing_came || seen == turns_) {
      return false;
    }
    seen = turns_;
  }
  return true;
}

drive_result stepped_scheduler::wait_in_turn(waiter& w) {
  {
    const lock l{mutex_};
    set_timeout_locked(w);
    in_turns_.push_back(&w);
    in_turn_ = false;
    give_baton(idle_member(any_thread));
  }
  while (!w.parking.sleep()) {
  }
  cancel(w.timer);
  return *w.outcome;
}

void stepped_scheduler::enqueue(runnable& r, std::size_t lane) noexcept {
  const lock l{mutex_};
  queued_.push_back({ref_ptr<runnable>{&r}, lane});
  told_quiet_ = false;
}

void stepped_scheduler::schedule(runnable& r) noexcept {
  enqueue(r, any_thread);
}

void stepped_scheduler::schedule_dedicated(runnable& r,
                                           std::size_t lane) noexcept {
  enqueue(r, lane);
}

std::size_t stepped_scheduler::acquire_lane() {
  const lock l{mutex_};
  return ++last_lane_;
}

// Its thread stays until stop(): a system that is being tested is short-lived.
void stepped_scheduler::release_lane(std::size_t) noexcept {}

std::unique_ptr<descriptor_watch> stepped_scheduler::watch(
    int descriptor, std::function<void()> ready) {
  return std::make_unique<watched>(*this, descriptor, std::move(ready));
}

timer_id stepped_scheduler::after(clock_duration delay,
                                  std::function<void()> fire) {
  const lock l{mutex_};
  return timers_.add(now() + delay, std::move(fire));
}

bool stepped_scheduler::cancel(timer_id id) noexcept {
  std::function<void()> removed;  // goes after the lock
  const lock l{mutex_};
  removed = timers_.remove(id);
  return removed != nullptr;
}

clock_duration stepped_scheduler::now() const noexcept {
  return now_.load();
}

bool stepped_scheduler::runs_turn() const noexcept {
  const lock l{mutex_};
  return in_turn_;
}

bool stepped_scheduler::quiet() const noexcept {
  const lock l{mutex_};
  return quiet_locked();
}

bool stepped_scheduler::quiet_locked() const noexcept {
  return queued_.empty() && in_turns_.empty() && !in_turn_;
}

void stepped_scheduler::set_on_quiet(std::function<void()> on_quiet) {
  const std::lock_guard not_called{quiet_mutex_};
  on_quiet_ = std::move(on_quiet);
}

scheduler_stats stepped_scheduler::stats() const {
  const lock l{mutex_};
  return {.turns = turns_, .workers = 1, .spare_workers = members_.size()};
}

std::size_t stepped_scheduler::draw(std::size_t count) noexcept {
  const lock l{mutex_};
  return random_() % count;
}

std::string stepped_scheduler::who_waits() const {
  std::string lines;
  const lock l{mutex_};
  for (const waiter* w : in_turns_) {
    if (w->wait->words) {
      lines += w->wait->words() + '\n';
    }
  }
  return lines;
}

}  // namespace troupe
