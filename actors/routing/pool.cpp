// SPDX-License-Identifier: Apache-2.0
// pool: its start, its routees' lives, its end.
#include "actors/routing/pool.hpp"

#include <utility>

#include "actors/actor_system.hpp"
#include "actors/routing/routee_watch.hpp"

namespace troupe {
namespace {

fault copy_of(const fault& why) {
  return {why.what, why.raised.clone()};
}

std::string how_it_ended(const actor_ref& whom, stop_reason reason,
                         const std::optional<fault>& why) {
  return why ? why->what.detail
             : "actor '" + whom.name() + "' was " +
                   std::string{to_string(reason)};
}

}  // namespace

pool::pool(std::unique_ptr<routing_policy> policy, pool_options options,
           source make, reporter report)
    : router{std::move(policy)},
      options_{options},
      make_{std::move(make)},
      report_{std::move(report)},
      ready_{make_ref_counted<completion>()},
      watch_{make_ref_counted<routee_watch>(ref_ptr<router_link>{&link()})},
      wanted_{options.size},
      limit_{options.max_restarts, options.within},
      random_{options.seed} {}

pool::~pool() = default;

// --- Its start ---

std::optional<fault> pool::on_start(actor_cell& self) {
  auto failure = router::on_start(self);
  settle_size(self);
  return failure;
}

void pool::on_ready(actor_cell& self) {
  router::on_ready(self);
  for (const auto& d : watch_->take()) {
    is_down(self, d.whom, d.reason, d.why);
  }
  welcome_started();
  let_leave();
  if (link().take_tick()) {
    look(self);
  }
  settle_size(self);
}

result<void> pool::make_one(actor_cell& self, std::size_t number) {
  auto made = [&] {
    const blocking_region region{self.system().get_scheduler()};
    return make_(number, watch_);
  }();
  if (!made) {
    last_failure_ = made.error().detail;
    return made.error();
  }
  members_[number] = {.ref = *made,
                      .since = self.system().get_scheduler().now()};
  if (size() == 0) {
    include(*made);  // better that messages wait there than that they get lost
  }
  made->cell().started().on_done(
      [to = ref_ptr<router_link>{&link()}] { to->wake(); });
  watch(*made);
  return {};
}

void pool::welcome_started() {
  if (ending_) {
    return;
  }
  std::size_t started = 0;
  for (auto& [number, m] : members_) {
    completion& c = m.ref.cell().started();
    if (!m.started && c.done() && c.has_value()) {
      m.started = true;
      include(m.ref);
    }
    started += m.started;
  }
  if (started >= options_.size) {
    ready_->set_value({});
  }
}

void pool::fail_to_begin(actor_cell& self, fault why) {
  ready_->set_fault(std::move(why));
  begin_end(self, false);
}

// --- Its routees ---

void pool::is_down(actor_cell& self, const actor_ref& whom, stop_reason reason,
                   const std::optional<fault>& why) {
  member* const m = find(whom.id());
  if (m == nullptr || must_hurry(self) || (ending_ && failure_)) {
    whom.cell().terminate();
    return;
  }
  last_failure_ = how_it_ended(whom, reason, why);
  if (!ready_->done() && !m->started && reason == stop_reason::unstarted) {
    return fail_to_begin(
        self, why ? copy_of(*why)
                  : fault{make_error(errc::failed, last_failure_), {}});
  }
  if (!limit_.allows_one_more(self.system().get_scheduler().now())) {
    return give_up(self);
  }
  restart_later(self, *m);
}

// One that has run for a whole period begins anew.
void pool::restart_later(actor_cell& self, member& m) {
  if (self.system().get_scheduler().now() - m.since >= options_.within) {
    m.streak = 0;
  }
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  const clock_duration delay =
      options_.backoff.delay(++m.streak, unit(random_));
  m.down = true;
  if (delay == clock_duration::zero()) {
    return restart(self, m);
  }
  const turn_scope in_turn;
  self.start_timer(timer_token{static_cast<std::uint64_t>(m.ref.id())}, delay);
}

void pool::restart(actor_cell& self, member& m) {
  m.down = false;
  m.since = self.system().get_scheduler().now();
  m.ref.cell().restart();
}

void pool::on_timer(actor_cell& self, timer_token which) {
  member* const m = find(static_cast<actor_id>(which));
  if (m != nullptr && m->down) {
    restart(self, *m);
  }
}

// For good: by itself only while it leaves, else somebody has stopped it.
void pool::routee_ended(actor_cell& self, actor_id id) {
  if (leaving_.erase(id) != 0) {
    return finish_if_alone(self);
  }
  const std::size_t number = number_of(id);
  if (number == 0) {
    return;
  }
  const actor_ref ended = std::move(members_[number].ref);
  members_.erase(number);
  if (ending_) {
    return finish_if_alone(self);
  }
  if (self.system().closing()) {
    return;
  }
  last_failure_ = "actor '" + ended.name() + "' was stopped";
  if (!ready_->done()) {
    return fail_to_begin(self, {make_error(errc::failed, last_failure_), {}});
  }
  replace(self, number);
}

void pool::replace(actor_cell& self, std::size_t number) {
  while (members_.size() < wanted_.load(std::memory_order_relaxed)) {
    if (!limit_.allows_one_more(self.system().get_scheduler().now())) {
      return give_up(self);
    }
    const auto made = make_one(self, number);
    if (made || made.error().code == errc::already_exists) {
      return settle_size(self);
    }
  }
}

void pool::give_up(actor_cell& self) {
  const std::string words =
      "pool '" + self.name() + "' gives up: " + std::to_string(limit_.count()) +
      " ends of routees in short time; the last: " + last_failure_;
  report_(words);
  failure_ = fault{make_error(errc::failed, words), {}};
  ready_->set_fault(copy_of(*failure_));
  begin_end(self, false);
}

// --- Its end ---

template <typename Function>
void pool::for_each_member(Function f) {
  for (auto& [number, m] : members_) {
    f(m);
  }
  for (auto& [id, m] : leaving_) {
    f(m);
  }
}

bool pool::must_hurry(const actor_cell& self) const noexcept {
  return self.system().closing() ||
         (ending_ && drops_.load(std::memory_order_relaxed));
}

// May come again, for those that are slow to end to be told to hurry.
bool pool::delays_end(actor_cell& self, stop_reason) {
  told_to_end_ = true;
  if (!ending_) {
    begin_end(self, !self.system().closing() &&
                        !drops_.load(std::memory_order_relaxed));
  } else if (must_hurry(self)) {
    for_each_member([](member& m) { m.ref.stop(); });
  }
  return !members_.empty() || !leaving_.empty();
}

void pool::begin_end(actor_cell& self, bool drain) {
  ending_ = true;
  drop_all();
  for_each_member([&](member& m) { tell_to_end(self, m, drain); });
  if (!told_to_end_) {
    finish_if_alone(self);
  }
}

void pool::tell_to_end(actor_cell& self, member& m, bool drain) {
  if (!drain) {
    m.ref.stop();
    return;
  }
  if (m.down) {
    restart(self, m);
  }
  m.ref.stop_when_drained();
}

void pool::finish_if_alone(actor_cell& self) {
  if (!ending_ || !members_.empty() || !leaving_.empty()) {
    return;
  }
  const turn_scope in_turn;
  if (failure_) {
    self.fail_self(std::move(*std::exchange(failure_, {})));
  } else if (told_to_end_) {
    self.end_now();
  } else {
    self.stop_self();
  }
}

// It has routees left if it was killed.
void pool::on_stop(actor_cell& self, stop_reason reason) noexcept {
  if (timer_ != timer_id::none) {
    self.system().get_scheduler().cancel(timer_);
  }
  watch_->close();
  for_each_member([](member& m) {
    m.ref.kill();
    m.ref.cell().terminate();
  });
  members_.clear();
  leaving_.clear();
  router::on_stop(self, reason);
  ready_->set_fault({make_error(errc::stopped, "pool '" + self.name() +
                                                   "' ended before it was "
                                                   "ready"),
                     {}});
}

}  // namespace troupe
