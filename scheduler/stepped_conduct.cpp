// SPDX-License-Identifier: Apache-2.0
// Who goes on: what the thread that has the baton does.
#include <algorithm>
#include <utility>

#include <poll.h>

#include "scheduler/stepped_parts.hpp"
#include "scheduler/thread_name.hpp"

namespace troupe {
namespace {

struct place {
  const stepped_scheduler* scheduler;
  void* member;
};
constinit thread_local place this_place{nullptr, nullptr};

}  // namespace

stepped_scheduler::member* stepped_scheduler::member::here(
    const stepped_scheduler& s) noexcept {
  return this_place.scheduler == &s ? static_cast<member*>(this_place.member)
                                    : nullptr;
}

void stepped_scheduler::member::set_here(const stepped_scheduler& s,
                                         member* m) noexcept {
  this_place = {&s, m};
}

// ---- The baton ----

stepped_scheduler::member& stepped_scheduler::idle_member(std::size_t lane) {
  const auto fits = [lane](const auto& m) {
    return m->idle && m->lane == lane;
  };
  const auto found = std::ranges::find_if(members_, fits);
  if (found != members_.end()) {
    return **found;
  }
  members_.push_back(std::unique_ptr<member>{new member{.lane = lane}});
  member& m = *members_.back();
  m.thread = std::thread{[this, &m] {
    name_this_thread("troupe-step");
    live(m);
  }};
  return m;
}

void stepped_scheduler::give_baton(member& m) {
  m.idle = false;
  m.parking.wake();
}

void stepped_scheduler::live(member& self) noexcept {
  for (;;) {
    while (!self.parking.sleep()) {
    }
    lock l{mutex_};
    if (stopping_) {
      return;
    }
    conduct(self, l);
    self.idle = true;
  }
}

// Until the baton is with another thread, or with none since nobody waits
// outside.
void stepped_scheduler::conduct(member& self, lock& l) {
  for (;;) {
    if (self.assigned.what != nullptr) {
      run_turn(self, l);
    }
    poll_descriptors(std::chrono::milliseconds{0}, l);
    if (!answer_outside(l)) {
      conducting_ = false;
      return;
    }
    switch (draw_next(self, l)) {
      case drawn::here:
        continue;
      case drawn::elsewhere:
        return;
      case drawn::nothing:
        break;
    }
    if (!tell_quiet(l)) {
      answer_idle(l);
    }
  }
}

stepped_scheduler::drawn stepped_scheduler::draw_next(member& self, lock& l) {
  std::vector<waiter*> ready;
  if (!in_turns_.empty()) {
    const auto waits = in_turns_;
    l.unlock();
    std::copy_if(waits.begin(), waits.end(), std::back_inserter(ready),
                 [](waiter* w) { return w->timed_out || w->is_done(); });
    l.lock();
  }
  std::vector<std::size_t> runnable;
  for (std::size_t i = 0; i < queued_.size(); ++i) {
    if (queued_[i].lane == any_thread || lane_is_free(queued_[i].lane)) {
      runnable.push_back(i);
    }
  }
  const std::size_t choices = runnable.size() + ready.size();
  if (choices == 0) {
    return drawn::nothing;
  }
  ++turns_;
  told_quiet_ = false;
  for (waiter* const w : outside_) {
    w->ran = true;
  }
  // The remainder is as good as a distribution here, and the same everywhere.
  const std::size_t chosen = random_() % choices;
  if (chosen >= runnable.size()) {
    go_on(*ready[chosen - runnable.size()]);
    return drawn::elsewhere;
  }
  std::swap(queued_[runnable[chosen]], queued_.back());
  item next = std::move(queued_.back());
  queued_.pop_back();
  const bool here = next.lane == self.lane;
  member& m = here ? self : idle_member(next.lane);
  m.assigned = std::move(next);
  if (!here) {
    give_baton(m);
  }
  return here ? drawn::here : drawn::elsewhere;
}

bool stepped_scheduler::lane_is_free(std::size_t lane) const noexcept {
  return std::ranges::none_of(members_, [lane](const auto& m) {
    return m->lane == lane && m->in_turn;
  });
}

void stepped_scheduler::run_turn(member& self, lock& l) {
  item now = std::exchange(self.assigned, {});
  self.in_turn = in_turn_ = true;
  member::set_here(*this, &self);
  l.unlock();
  const turn_result result = now.what->resume();
  member::set_here(*this, nullptr);
  if (result == turn_result::more) {
    l.lock();
    queued_.push_back(std::move(now));
  } else {
    now.what.reset();
    l.lock();
  }
  self.in_turn = in_turn_ = false;
}

// A turn that has waited takes the baton.
void stepped_scheduler::go_on(waiter& w) {
  std::erase(in_turns_, &w);
  in_turn_ = true;
  w.outcome = w.is_done() ? drive_result::done : drive_result::timed_out;
  w.parking.wake();
}

// ---- Those that wait outside ----

std::optional<drive_result> stepped_scheduler::outcome_of(
    const waiter& w) const {
  if (w.is_done() || (w.turns != 0 && turns_ >= w.last_turn)) {
    return drive_result::done;
  }
  if (w.timed_out) {
    return drive_result::timed_out;
  }
  return turns_ + fired_ >= w.last_event ? std::optional{drive_result::endless}
                                         : std::nullopt;
}

// False: nobody does.
bool stepped_scheduler::answer_outside(lock& l) {
  l.unlock();
  const std::lock_guard looking{looking_};
  l.lock();
  const auto waiters = outside_;
  l.unlock();
  std::vector<std::pair<waiter*, drive_result>> over;
  for (waiter* const w : waiters) {
    if (const auto outcome = outcome_of(*w)) {
      over.emplace_back(w, *outcome);
    }
  }
  l.lock();
  for (const auto& [w, outcome] : over) {
    answer(*w, outcome);
  }
  return !outside_.empty();
}

void stepped_scheduler::answer(waiter& w, drive_result outcome) {
  std::erase(outside_, &w);
  w.outcome = outcome;
  w.parking.wake();  // it leaves only when mutex_ is free
}

// Nothing can go on at this time.
void stepped_scheduler::answer_idle(lock& l) {
  const auto next = timers_.next_deadline();
  const auto waiters = outside_;
  bool time_may_move = false;
  for (waiter* const w : waiters) {
    const bool limited = w->until != clock_duration::max();
    if (next && *next <= w->until) {
      time_may_move = true;
    } else if (limited) {
      now_ = std::max(now(), w->until);
      answer(*w, drive_result::done);
    }
  }
  if (outside_.size() < waiters.size()) {
    return;
  }
  if (time_may_move) {
    // What comes from outside gets a moment of real time first.
    if (!is_armed() || !poll_descriptors(std::chrono::milliseconds{10}, l)) {
      fire_next_timer(l);
    }
  } else if (!wait_for_descriptors(l)) {
    for (waiter* const w : waiters) {
      answer(*w, drive_result::stuck);
    }
  }
}

void stepped_scheduler::fire_next_timer(lock& l) {
  now_ = std::max(now(), *timers_.next_deadline());
  const auto fire = timers_.take_due(now());
  ++fired_;
  l.unlock();
  {
    // Whoever waits outside may have set it, and must not leave meanwhile.
    const std::lock_guard looking{looking_};
    fire();
  }
  l.lock();
}

bool stepped_scheduler::tell_quiet(lock& l) {
  if (told_quiet_ || !quiet_locked()) {
    return false;
  }
  told_quiet_ = true;
  l.unlock();
  {
    const std::lock_guard calling{quiet_mutex_};
    if (on_quiet_) {
      on_quiet_();
    }
  }
  l.lock();
  return true;
}

// ---- Descriptors ----

stepped_scheduler::watched::watched(stepped_scheduler& s, int descriptor,
                                    std::function<void()> ready)
    : scheduler_{s}, descriptor_{descriptor}, ready_{std::move(ready)} {
  const lock l{scheduler_.mutex_};
  scheduler_.watched_.push_back(this);
}

stepped_scheduler::watched::~watched() {
  const lock l{scheduler_.mutex_};
  std::erase(scheduler_.watched_, this);
}

void stepped_scheduler::watched::arm() noexcept {
  const lock l{scheduler_.mutex_};
  armed_ = true;
}

// False: none became readable within `patience`.
bool stepped_scheduler::poll_descriptors(std::chrono::milliseconds patience,
                                         lock& l) {
  std::vector<pollfd> armed;
  for (const watched* w : watched_) {
    if (w->armed_) {
      armed.push_back({w->descriptor_, POLLIN, 0});
    }
  }
  if (armed.empty() && patience == std::chrono::milliseconds{0}) {
    return false;
  }
  l.unlock();
  const int count =
      poll(armed.data(), armed.size(), static_cast<int>(patience.count()));
  l.lock();
  return count > 0 && call_ready(armed, l);
}

bool stepped_scheduler::call_ready(const std::vector<pollfd>& polled, lock& l) {
  std::vector<std::function<void()>> due;  // a function may end its watch
  for (const pollfd& each : polled) {
    const auto found = std::ranges::find_if(watched_, [&each](watched* w) {
      return w->descriptor_ == each.fd && w->armed_ && each.revents != 0;
    });
    if (found != watched_.end()) {
      (*found)->armed_ = false;
      due.push_back((*found)->ready_);
    }
  }
  l.unlock();
  for (const auto& ready : due) {
    ready();
  }
  l.lock();
  return !due.empty();
}

bool stepped_scheduler::is_armed() const noexcept {
  return std::ranges::any_of(watched_,
                             [](const watched* w) { return w->armed_; });
}

// When nothing but a descriptor, or a thread that isn't ours, could bring
// anything about. True: something has come.
bool stepped_scheduler::wait_for_descriptors(lock& l) {
  constexpr std::chrono::milliseconds a_while{10};
  constexpr std::chrono::milliseconds for_threads{50};
  const auto end = std::chrono::steady_clock::now() +
                   (is_armed() ? options_.patience : for_threads);
  while (std::chrono::steady_clock::now() < end) {
    if (poll_descriptors(a_while, l) || !queued_.empty()) {
      return true;
    }
  }
  return false;
}

}  // namespace troupe
