// SPDX-License-Identifier: Apache-2.0
// pool: how many routees there are, by order and by load.
#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/routing/pool.hpp"

namespace troupe {

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
    asked_to_leave_.push_back(routee.id());
  }
  link().wake();
  return true;
}

void pool::settle_size(actor_cell& self) {
  if (ending_) {
    return;
  }
  const std::size_t wanted = wanted_.load(std::memory_order_relaxed);
  for (std::size_t n = 1; members_.size() < wanted; ++n) {
    if (self.killed() || self.system().closing()) {
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

// Without any it can't go on.
void pool::fail_to_grow(actor_cell& self) {
  if (!ready_->done()) {
    return fail_to_begin(self, {make_error(errc::failed, last_failure_), {}});
  }
  if (members_.empty()) {
    return give_up(self);
  }
  change_wanted(wanted_.load(std::memory_order_relaxed), members_.size());
  report_("pool '" + self.name() + "' can't grow and goes on with " +
          std::to_string(members_.size()) + " routees: " + last_failure_);
}

// --- Letting go ---

void pool::let_leave() {
  std::vector<actor_id> leaving;
  {
    const std::lock_guard lock{leaving_mutex_};
    leaving.swap(asked_to_leave_);
  }
  for (const actor_id id : leaving) {
    if (const std::size_t number = number_of(id); number != 0) {
      let_go(number);
      const auto wanted = wanted_.load(std::memory_order_relaxed);
      change_wanted(wanted, std::max(options_.minimum, wanted - 1));
    }
  }
}

// It ends when it has handled what it was given, be it in another incarnation.
void pool::let_go(std::size_t number) {
  auto gone = members_.extract(number);
  const actor_ref ref = gone.mapped().ref;
  leaving_.emplace(ref.id(), std::move(gone.mapped()));
  router::remove(ref);
  ref.stop_when_drained();
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

pool::member* pool::find(actor_id id) noexcept {
  if (const std::size_t number = number_of(id); number != 0) {
    return &members_.at(number);
  }
  const auto found = leaving_.find(id);
  return found == leaving_.end() ? nullptr : &found->second;
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
