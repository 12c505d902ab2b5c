// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/supervision.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// A killed child that isn't down after so long is stuck.
constexpr std::chrono::seconds grace{2};

std::string in_quotes(const std::string& name) {
  return "'" + name + "'";
}

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
    return make_error(errc::not_found, "there is no child " + in_quotes(name));
  }
  return find_mutable(found->second);
}

result<child_key> supervision::append(child_terms terms, bool added) {
  const auto key = static_cast<child_key>(++last_key_);
  if (!terms.name.empty() && !names_.emplace(terms.name, key).second) {
    return make_error(
        errc::already_exists,
        "there is a child " + in_quotes(terms.name) +
            " already; restart_child() starts it, delete_child() forgets it");
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

// --- events -----------------------------------------------------------------

void supervision::child_started(child_key key, time now) {
  child* const c = find_mutable(key);
  if (c == nullptr || c->state != child_state::starting) {
    return;  // told to stop meanwhile
  }
  c->state = child_state::running;
  c->fresh = false;
  c->up_since = now;
  answer_start(*c, true);
  if (in_sequence()) {
    proceed(now);
  }
}

void supervision::child_not_started(child_key key, time now) {
  child* const c = find_mutable(key);
  if (c == nullptr) {
    return;
  }
  if (c->state == child_state::starting) {
    not_started(*c, now);
  } else if (c->state == child_state::stopping ||
             c->state == child_state::stuck) {
    is_down(*c, now);
  }
}

void supervision::not_started(child& c, time now) {
  c.state = child_state::stopped;
  --active_;
  if (phase_ == phase::starting && !c.start_asked) {
    leave(outcome::unstarted, &c, now);
  } else if (!c.start_asked) {
    restart(c, now);
  } else {
    answer_start(c, false);
    c.wanted = false;
    c.held = true;
    if (c.fresh && c.added) {
      remove(c);
    } else {
      emit(order::kind::release, c.key);
    }
    proceed(now);
  }
}

void supervision::child_ended(child_key key, child_exit how, time now) {
  child* const c = find_mutable(key);
  if (c == nullptr) {
    return;
  }
  switch (c->state) {
    case child_state::starting:
      if (how != child_exit::final) {
        return not_started(*c, now);
      }
      [[fallthrough]];
    case child_state::running:
      --active_;
      return died(*c, how, now);
    case child_state::stopping:
    case child_state::stuck:
      return is_down(*c, now);
    case child_state::waiting:
    case child_state::stopped:
      if (how == child_exit::final && c->wanted) {
        disarm(c->timer);
        died(*c, how, now);
      }
  }
}

// It was told to stop.
void supervision::is_down(child& c, time now) {
  disarm(c.timer);
  active_ -= c.state == child_state::stopping;
  c.state = child_state::stopped;
  answer_end(c, true);
  if (c.leaving) {
    remove(c);
    return proceed(now);
  }
  if (c.held) {
    emit(order::kind::release, c.key);
  }
  proceed_with(c, now);
}

// Of itself, or somebody else stopped it for good.
void supervision::died(child& c, child_exit how, time now) {
  const auto policy = c.terms.restart;
  c.state = child_state::stopped;
  answer_start(c, false);
  if (now - c.up_since >= terms_.within) {
    c.streak = 0;
  }
  const bool again =
      how != child_exit::final &&
      (policy == restart_policy::permanent ||
       (policy == restart_policy::transient && how == child_exit::abnormal));
  if (again && phase_ != phase::leaving) {
    return restart(c, now);
  }
  if (!again) {
    c.wanted = false;
    if (c.leaving || policy == restart_policy::temporary ||
        terms_.strategy == restart_strategy::simple_one_for_one) {
      remove(c);
    } else {
      emit(order::kind::release, c.key);
    }
  } else if (c.leaving) {
    remove(c);
  }
  proceed(now);
}

void supervision::timer_fired(std::uint64_t timer, time now) {
  const auto armed = timers_.extract(timer);
  if (armed.empty()) {
    return;  // disarmed meanwhile
  }
  if (timer == group_timer_) {
    group_timer_ = 0;
    return proceed(now);
  }
  child& c = *find_mutable(armed.mapped());
  c.timer = 0;
  if (c.state == child_state::stopping) {
    deadline_passed(c, now);
  } else {
    c.state = child_state::stopped;
    proceed_with(c, now);
  }
}

// --- restarts ---------------------------------------------------------------

supervision::time supervision::next_delay(child& c) {
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  return terms_.backoff.delay(++c.streak, unit(random_));
}

void supervision::restart(child& c, time now) {
  if (!limit_.allows_one_more(now)) {
    return leave(outcome::gave_up, &c, now);
  }
  ++c.restarts;
  const time delay = next_delay(c);
  if (grouped()) {
    restart_group(c, delay, now);
  } else if (delay > time::zero()) {
    c.state = child_state::waiting;
    c.timer = arm(delay, c.key);
    proceed(now);
  } else {
    proceed_with(c, now);
  }
}

// All of the group are stopped, its temporary children for good, and all are
// started in sequence when both that and the wait are over.
void supervision::restart_group(child& c, time delay, time now) {
  const child_key first = terms_.strategy == restart_strategy::one_for_all
                              ? child_key::none
                              : c.key;
  stop_first_ = stop_first_ ? std::min(*stop_first_, first) : first;
  for (auto at = children_.lower_bound(first); at != children_.end(); ++at) {
    child& other = at->second;
    if (other.terms.restart == restart_policy::temporary && is_active(other)) {
      other.leaving = true;
      other.wanted = false;
    } else if (!other.held) {
      other.wanted = true;
    }
  }
  disarm(group_timer_);
  if (delay > time::zero()) {
    group_timer_ = arm(delay, child_key::none);
  }
  proceed(now);
}

// --- operations -------------------------------------------------------------

std::optional<error> supervision::refusal() const {
  if (phase_ == phase::starting || phase_ == phase::running) {
    return std::nullopt;
  }
  return make_error(errc::stopped,
                    "the supervisor has stopped, or is about to");
}

result<child_key> supervision::start_child(child_terms terms, time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  const auto key = append(std::move(terms), true);
  if (key) {
    child& c = *find_mutable(*key);
    c.start_asked = true;
    proceed_with(c, now);
  }
  return key;
}

result<child_key> supervision::restart_child(const std::string& name,
                                             time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  child& c = **found;
  if (c.state == child_state::running) {
    return make_error(errc::already_exists,
                      "child " + in_quotes(name) + " runs already");
  }
  if (c.state != child_state::stopped || c.wanted) {
    return make_error(errc::refused,
                      "child " + in_quotes(name) + " can't be started: it is " +
                          std::string{to_string(c.state)} + " already");
  }
  const child_key key = c.key;
  c.wanted = true;
  c.held = false;
  c.start_asked = true;
  c.streak = 0;
  proceed_with(c, now);
  return key;
}

result<child_key> supervision::terminate_child(const std::string& name,
                                               time now) {
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  return terminate_child((*found)->key, now);
}

result<child_key> supervision::terminate_child(child_key key, time now) {
  if (auto refused = refusal()) {
    return std::move(*refused);
  }
  child* const c = find_mutable(key);
  if (c == nullptr) {
    return make_error(errc::not_found, "there is no such child");
  }
  if (c->state == child_state::stuck) {
    return make_error(errc::timed_out, "child " + in_quotes(c->terms.name) +
                                           " can't be ended: it is stuck");
  }
  answer_start(*c, false);
  c->end_asked = true;
  c->wanted = false;
  c->held = true;
  c->leaving |= c->terms.restart == restart_policy::temporary ||
                terms_.strategy == restart_strategy::simple_one_for_one;
  if (c->state == child_state::starting || c->state == child_state::running) {
    begin_stop(*c);
  } else if (c->state != child_state::stopping) {
    is_down(*c, now);
  }
  return key;
}

result<child_key> supervision::delete_child(const std::string& name) {
  const auto found = find_named(name);
  if (!found) {
    return found.error();
  }
  child& c = **found;
  if (c.state != child_state::stopped || (c.wanted && !refusal())) {
    return make_error(errc::refused, "child " + in_quotes(name) + " is " +
                                         std::string{to_string(c.state)} +
                                         "; call terminate_child() first");
  }
  const child_key key = c.key;
  remove(c);
  return key;
}

}  // namespace troupe
