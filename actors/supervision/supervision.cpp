// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/supervision.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// A killed child that isn't down after so long is stuck.
constexpr std::chrono::seconds grace{2};

}  // namespace

supervision::supervision(supervision_terms terms, std::uint64_t seed)
    : terms_{std::move(terms)},
      random_{seed},
      limit_{terms_.max_restarts, terms_.within} {}

// --- children ---------------------------------------------------------------

const supervision::child* supervision::find(child_key key) const noexcept {
  const auto found = children_.find(key);
  return found == children_.end() ? nullptr : &found->second;
}

const supervision::child* supervision::find(
    const std::string& name) const noexcept {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : find(found->second);
}

supervision::child* supervision::find_mutable(child_key key) noexcept {
  const auto found = children_.find(key);
  return found == children_.end() ? nullptr : &found->second;
}

result<supervision::child*> supervision::find_named(const std::string& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return make_error(errc::not_found, "there is no child '" + name + "'");
  }
  return find_mutable(found->second);
}

result<child_key> supervision::append(child_terms terms, bool added) {
  const auto key = static_cast<child_key>(++last_key_);
  if (!terms.name.empty() && !names_.emplace(terms.name, key).second) {
    return make_error(
        errc::already_exists,
        "there is a child '" + terms.name +
            "' already; restart_child() starts it, delete_child() forgets it");
  }
  child c{.key = key, .terms = std::move(terms)};
  c.added = added;
  children_.emplace(key, std::move(c));
  return key;
}

result<child_key> supervision::add(child_terms terms) {
  return append(std::move(terms), false);
}

void supervision::remove(child& c) {
  answer_start(c, false);
  emit(order::kind::forget, c.key);
  disarm(c.timer);
  if (!c.terms.name.empty()) {
    names_.erase(c.terms.name);
  }
  children_.erase(c.key);
}

bool supervision::grouped() const noexcept {
  return terms_.strategy == restart_strategy::one_for_all ||
         terms_.strategy == restart_strategy::rest_for_one;
}

bool supervision::in_sequence() const noexcept {
  return phase_ == phase::starting || grouped();
}

bool supervision::is_active(const child& c) const noexcept {
  return c.state == child_state::starting || c.state == child_state::running ||
         c.state == child_state::stopping;
}

// --- orders -----------------------------------------------------------------

void supervision::emit(order::kind what, child_key child) {
  orders_.push_back({.what = what, .child = child});
}

void supervision::answer_start(child& c, bool fine) {
  if (std::exchange(c.start_asked, false)) {
    orders_.push_back(
        {.what = order::kind::answer_start, .child = c.key, .fine = fine});
  }
}

void supervision::answer_end(child& c, bool fine) {
  if (std::exchange(c.end_asked, false)) {
    orders_.push_back(
        {.what = order::kind::answer_end, .child = c.key, .fine = fine});
  }
}

std::uint64_t supervision::arm(time delay, child_key child) {
  const std::uint64_t timer = ++last_timer_;
  timers_.emplace(timer, child);
  orders_.push_back({.what = order::kind::arm,
                     .child = child,
                     .timer = timer,
                     .delay = delay});
  return timer;
}

void supervision::disarm(std::uint64_t& timer) {
  if (timers_.erase(timer) != 0) {
    orders_.push_back({.what = order::kind::disarm, .timer = timer});
  }
  timer = 0;
}

// --- the whole --------------------------------------------------------------

void supervision::start(time now) {
  phase_ = phase::starting;
  culprit_.clear();
  limit_.clear();
  for (auto& [key, c] : children_) {
    c.wanted = !c.leaving;
    c.held = false;
    c.streak = 0;
    if (c.state == child_state::stopping && c.timer == 0) {
      c.timer = arm(grace, key);
    }
  }
  if (active_ > 0) {
    stop_first_ = children_.begin()->first;
  }
  proceed(now);
}

void supervision::stop(time now) {
  if (phase_ == phase::starting || phase_ == phase::running) {
    leave(outcome::stopped, nullptr, now);
  } else if (phase_ == phase::idle) {
    phase_ = phase::over;
    outcome_ = outcome::stopped;
    emit(order::kind::done);
  }
}

void supervision::kill_all() {
  phase_ = phase::idle;
  stop_first_.reset();
  disarm(group_timer_);
  for (auto at = children_.rbegin(); at != children_.rend();) {
    child& c = (at++)->second;
    disarm(c.timer);
    answer_start(c, false);
    answer_end(c, false);
    c.leaving = c.added || c.terms.restart == restart_policy::temporary;
    if (is_active(c)) {
      c.state = child_state::stopping;
      c.killed = true;
      emit(order::kind::kill, c.key);
    } else if (c.state == child_state::waiting) {
      c.state = child_state::stopped;
    }
  }
}

void supervision::proceed(time now) {
  if (phase_ == phase::leaving) {
    if (!stop_from(child_key::none)) {
      phase_ = phase::over;
      emit(order::kind::done);
    }
    return;
  }
  if (phase_ != phase::starting && phase_ != phase::running) {
    return;
  }
  if (stop_first_) {
    if (stop_from(*stop_first_)) {
      return;
    }
    stop_first_.reset();
  }
  if (group_timer_ != 0) {
    return;
  }
  if (in_sequence()) {
    start_wanted();
  }
  end_if_childless(now);
}

// What concerns one child; of many alike, no other is looked at.
void supervision::proceed_with(child& c, time now) {
  if (phase_ == phase::running && !grouped() && c.wanted &&
      c.state == child_state::stopped) {
    begin_start(c);
  }
  proceed(now);
}

// Begins the first that should run and doesn't; one at a time.
void supervision::start_wanted() {
  const auto is_starting = [](const auto& entry) {
    return entry.second.state == child_state::starting;
  };
  if (grouped() && std::ranges::any_of(children_, is_starting)) {
    return;
  }
  for (auto& [key, c] : children_) {
    if (c.wanted && c.state == child_state::stopped) {
      begin_start(c);
    }
    if (c.state == child_state::starting) {
      return;
    }
  }
  if (phase_ == phase::starting) {
    phase_ = phase::running;
    emit(order::kind::up);
  }
}

void supervision::end_if_childless(time now) {
  if (!terms_.ends_when_childless || phase_ != phase::running || active_ > 0) {
    return;
  }
  const bool wanted = std::ranges::any_of(
      children_, [](const auto& entry) { return entry.second.wanted; });
  if (!wanted) {
    leave(outcome::stopped, nullptr, now);
  }
}

void supervision::leave(outcome why, const child* culprit, time now) {
  phase_ = phase::leaving;
  outcome_ = why;
  culprit_ = culprit == nullptr ? std::string{} : culprit->terms.name;
  stop_first_.reset();
  disarm(group_timer_);
  for (auto at = children_.begin(); at != children_.end();) {
    let_go((at++)->second);
  }
  proceed(now);
}

// Those that came later, and the temporary ones, aren't there next time.
void supervision::let_go(child& c) {
  if (c.state == child_state::waiting) {
    disarm(c.timer);
    c.state = child_state::stopped;
  }
  answer_start(c, false);
  c.leaving |= c.added || c.terms.restart == restart_policy::temporary;
  if (c.leaving && c.state == child_state::stopped) {
    remove(c);
  }
}

// --- start and stop of one --------------------------------------------------

void supervision::begin_start(child& c) {
  c.state = child_state::starting;
  ++active_;
  emit(order::kind::start, c.key);
}

void supervision::begin_stop(child& c) {
  c.state = child_state::stopping;
  c.killed = c.terms.shutdown == time::zero();
  emit(c.killed ? order::kind::kill : order::kind::halt, c.key);
  if (c.killed) {
    c.timer = arm(grace, c.key);
  } else if (c.terms.shutdown) {
    c.timer = arm(*c.terms.shutdown, c.key);
  }
}

void supervision::deadline_passed(child& c, time now) {
  if (!std::exchange(c.killed, true)) {
    emit(order::kind::kill, c.key);
    c.timer = arm(grace, c.key);
    return;
  }
  c.state = child_state::stuck;
  --active_;
  emit(order::kind::forsake, c.key);
  answer_end(c, false);
  proceed(now);
}

// The last first; one at a time. False: none from `first` on is left.
bool supervision::stop_from(child_key first) {
  if (terms_.strategy == restart_strategy::simple_one_for_one) {
    return stop_all_at_once();
  }
  for (auto at = children_.rbegin(); at != children_.rend(); ++at) {
    child& c = at->second;
    if (c.key < first) {
      break;
    }
    if (c.state == child_state::stopping) {
      return true;
    }
    if (is_active(c)) {
      begin_stop(c);
      return true;
    }
    if (c.state == child_state::waiting) {
      disarm(c.timer);
      c.state = child_state::stopped;
    }
  }
  return false;
}

// Many alike: none depends on another.
bool supervision::stop_all_at_once() {
  for (auto at = children_.rbegin(); at != children_.rend() && active_ > 0;
       ++at) {
    child& c = at->second;
    if (c.state == child_state::starting || c.state == child_state::running) {
      begin_stop(c);
    }
  }
  return active_ > 0;
}

}  // namespace troupe
