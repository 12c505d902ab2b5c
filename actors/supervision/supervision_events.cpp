// SPDX-License-Identifier: Apache-2.0
// supervision: what becomes of its children, and whether they are restarted.
#include <algorithm>

#include "actors/supervision/supervision.hpp"

namespace troupe {

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

}  // namespace troupe
