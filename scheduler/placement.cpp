// SPDX-License-Identifier: Apache-2.0
#include "scheduler/placement.hpp"

namespace troupe {

placement::placement(worker_group& group, activity& counts)
    : group_{group},
      counts_{counts},
      young_turn_{ticks_in(std::chrono::microseconds{5})} {}

void placement::place(runnable& r) noexcept {
  worker* const here = worker::current();
  if (here == nullptr || &here->group() != &group_) {
    counts_.count_scheduled();
    place_from_outside(r);
    return;
  }
  here->counts().scheduled.increment();
  if (here->is_away()) {
    place_from_outside(r);
  } else {
    place_from_turn(*here, r);
  }
}

void placement::place_from_turn(worker& here, runnable& r) noexcept {
  worker* const last = last_worker_of(r);
  if (last == &here) {
    keep(here, r);
  } else if (last == nullptr) {
    spread(here, r);
  } else if (group_.sleeps(*last) && may_adopt(here)) {
    keep(here, r);
  } else {
    group_.leave_with(*last, r);
  }
}

void placement::place_from_outside(runnable& r) noexcept {
  worker* const last = last_worker_of(r);
  group_.leave_with(last != nullptr ? *last : group_.next_in_turn(), r);
}

void placement::keep(worker& here, runnable& r) noexcept {
  if (here.in_long_turn()) {
    group_.leave_with(here, r);
    return;
  }
  if (runnable* const before = here.swap_hot(r)) {
    group_.leave_with(here, *before);
  } else {
    group_.left_waiting(here);
  }
  // The monitor may have sent this worker away just before the swap, and would
  // not see what came after: bring it to where it is seen.
  if (here.is_away()) {
    if (runnable* const stranded = here.take_hot()) {
      group_.inject(*stranded);
    }
  }
}

void placement::spread(worker& here, runnable& r) noexcept {
  group_.leave_with(group_.somebody_sleeps() ? group_.next_in_turn() : here, r);
}

bool placement::may_adopt(const worker& here) const noexcept {
  return !here.has_waiting() && !here.in_long_turn() &&
         !here.in_turn_for(young_turn_);
}

worker* placement::last_worker_of(const runnable& r) noexcept {
  // Relaxed: see runnable.
  const auto index = r.worker_.load(std::memory_order_relaxed);
  return index < group_.size() ? &group_.at(index) : nullptr;
}

}  // namespace troupe
