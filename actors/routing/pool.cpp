// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/pool.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {

pool::pool(std::unique_ptr<routing_policy> policy, pool_options options,
           source make, reporter report)
    : router{std::move(policy)},
      options_{options},
      make_{std::move(make)},
      report_{std::move(report)},
      ready_{make_ref_counted<completion>()},
      wanted_{options.size} {}

// --- Any thread ---

result<void> pool::resize(std::size_t wanted) {
  if (wanted < options_.minimum || wanted > options_.maximum) {
    return make_error(
        errc::invalid_argument,
        "a pool of " + std::to_string(options_.minimum) +
            (options_.elastic ? " to " + std::to_string(options_.maximum)
                              : " or more") +
            " routees can't have " + std::to_string(wanted));
  }
  wanted_.store(wanted, std::memory_order_relaxed);
  link().wake();
  return {};
}

bool pool::remove(const actor_ref& routee) {
  if (!router::remove(routee)) {
    return false;
  }
  {
    const std::lock_guard lock{leaving_mutex_};
    leaving_.push_back(routee.id());
  }
  link().wake();
  return true;
}

// --- The pool's turn ---

std::optional<fault> pool::on_start(actor_cell& self) {
  auto failure = router::on_start(self);
  settle_size(self);
  return failure;
}

void pool::on_ready(actor_cell& self) {
  router::on_ready(self);
  welcome_started();
  let_leave();
  if (link().take_tick()) {
    look(self);
  }
  settle_size(self);
}

void pool::on_stop(actor_cell& self, stop_reason reason) noexcept {
  if (timer_ != timer_id::none) {
    self.system().get_scheduler().cancel(timer_);
  }
  for (const auto& [number, m] : members_) {
    if (reason == stop_reason::killed) {
      m.ref.kill();
    } else if (drops_.load(std::memory_order_relaxed)) {
      m.ref.stop();
    } else {
      m.ref.stop_when_drained();
    }
  }
  members_.clear();
  router::on_stop(self, reason);
  ready_->set_fault({make_error(errc::stopped, "pool '" + self.name() +
                                                   "' ended before it was "
                                                   "ready"),
                     {}});
}

// --- Making ---

result<void> pool::make_one(actor_cell& self, std::size_t number) {
  auto made = [&] {
    const blocking_region region{self.system().get_scheduler()};
    return make_(number);
  }();
  if (!made) {
    last_failure_ = made.error().detail;
    return made.error();
  }
  members_[number] = {*made};
  if (size() == 0) {
    include(*made);  // better that messages wait there than that they get lost
  }
  made->cell().started().on_done(
      [to = ref_ptr<router_link>{&link()}] { to->wake(); });
  watch(*made);
  return {};
}

void pool::settle_size(actor_cell& self) {
  const std::size_t wanted = wanted_.load(std::memory_order_relaxed);
  for (std::size_t n = 1; members_.size() < wanted; ++n) {
    if (ending_ || self.killed() || self.system().closing()) {
      return;
    }
    const auto made = members_.contains(n) ? result<void>{} : make_one(self, n);
    // A name may be taken for a while yet, by a routee of a pool before this.
    if (!made &&
        (made.error().code != errc::already_exists || n > wanted + 100)) {
      return fail_to_grow(self);
    }
  }
  while (members_.size() > wanted) {
    let_go(members_.rbegin()->first);
  }
}

void pool::fail_to_grow(actor_cell& self) {
  if (ready_->done()) {
    give_up(self);
  } else {
    fail_to_begin(self, {make_error(errc::failed, last_failure_), {}});
  }
}

void pool::welcome_started() {
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

// --- Replacing ---

void pool::routee_ended(actor_cell& self, actor_id id) {
  const std::size_t number = number_of(id);
  if (number == 0) {
    return;
  }
  const actor_ref ended = std::move(members_[number].ref);
  members_.erase(number);
  const completion& how = ended.cell().started().has_value()
                              ? ended.cell().when_ended()
                              : ended.cell().started();
  last_failure_ = how.has_value() ? "actor '" + ended.name() + "' has stopped"
                                  : how.why().what.detail;
  if (ending_ || self.system().closing()) {
    return;
  }
  if (!ready_->done()) {
    fault why{make_error(errc::failed, last_failure_), {}};
    if (!how.has_value()) {
      why.raised = how.why().raised.clone();
    }
    return fail_to_begin(self, std::move(why));
  }
  replace(self, number);
}

void pool::replace(actor_cell& self, std::size_t number) {
  while (members_.size() < wanted_.load(std::memory_order_relaxed)) {
    if (!may_replace(self.system().get_scheduler().now())) {
      return give_up(self);
    }
    const auto made = make_one(self, number);
    if (made || made.error().code == errc::already_exists) {
      return settle_size(self);
    }
  }
}

bool pool::may_replace(clock_duration now) {
  while (!replaced_.empty() && now - replaced_.front() > options_.period) {
    replaced_.pop_front();
  }
  if (replaced_.size() >= options_.replacements) {
    return false;
  }
  replaced_.push_back(now);
  return true;
}

void pool::give_up(actor_cell& self) {
  if (self.system().closing()) {
    return;  // nothing is spawned any more
  }
  change_wanted(wanted_.load(std::memory_order_relaxed), members_.size());
  const std::string words =
      "pool '" + self.name() + "' replaces no more routees (" +
      std::to_string(replaced_.size()) + " ended in short time) and " +
      (members_.empty() ? std::string{"ends"}
                        : "goes on with " + std::to_string(members_.size())) +
      "; the last failure: " + last_failure_;
  report_(words);
  if (members_.empty()) {
    ending_ = true;
    const turn_scope in_turn;
    self.fail_self({make_error(errc::failed, words), {}});
  }
}

void pool::fail_to_begin(actor_cell& self, fault why) {
  ready_->set_fault(std::move(why));
  ending_ = true;
  drops_.store(true, std::memory_order_relaxed);
  const turn_scope in_turn;
  self.stop_self();
}

// --- Letting go ---

void pool::let_leave() {
  std::vector<actor_id> leaving;
  {
    const std::lock_guard lock{leaving_mutex_};
    leaving.swap(leaving_);
  }
  for (const actor_id id : leaving) {
    if (const std::size_t number = number_of(id); number != 0) {
      let_go(number);
      const auto wanted = wanted_.load(std::memory_order_relaxed);
      change_wanted(wanted, std::max(options_.minimum, wanted - 1));
    }
  }
}

void pool::let_go(std::size_t number) {
  const actor_ref gone = std::move(members_[number].ref);
  members_.erase(number);
  router::remove(gone);
  gone.stop_when_drained();
}

// Unless somebody has called resize() meanwhile.
void pool::change_wanted(std::size_t from, std::size_t to) noexcept {
  wanted_.compare_exchange_strong(from, to, std::memory_order_relaxed);
}

std::size_t pool::number_of(actor_id id) const noexcept {
  for (const auto& [number, m] : members_) {
    if (m.ref.id() == id) {
      return number;
    }
  }
  return 0;
}

// --- Load ---

void pool::has_routed(actor_cell& self, const actor_ref& to) {
  if (options_.elastic && timer_ == timer_id::none &&
      (members_.size() > options_.minimum ||
       to.cell().mailbox_size() >= options_.crowded)) {
    arm(self);
  }
}

void pool::arm(actor_cell& self) {
  timer_ = self.system().get_scheduler().after(
      options_.interval, [to = ref_ptr<router_link>{&link()}] { to->tick(); });
}

void pool::look(actor_cell& self) {
  timer_ = timer_id::none;
  std::size_t waiting = 0;
  std::size_t busy = 0;
  for (const auto& [number, m] : members_) {
    const std::size_t size = m.ref.cell().mailbox_size();
    waiting += size;
    busy += size != 0;
  }
  const std::size_t count = members_.size();
  crowded_ = waiting >= options_.crowded * count ? crowded_ + 1 : 0;
  calm_ = busy * 2 < count ? calm_ + 1 : 0;
  const std::size_t before = wanted_.load(std::memory_order_relaxed);
  std::size_t wanted = before;
  if (crowded_ >= 2) {
    crowded_ = 0;
    wanted = std::min(options_.maximum,
                      wanted + std::max<std::size_t>(1, count / 4));
  } else if (calm_ >= options_.calm_intervals) {
    calm_ = 0;
    wanted = std::max(options_.minimum, wanted - 1);
  }
  change_wanted(before, wanted);
  if (busy != 0 || wanted > options_.minimum) {
    arm(self);
  }
}

}  // namespace troupe
