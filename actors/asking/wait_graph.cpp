// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/wait_graph.hpp"

#include <utility>

#include "actors/actor_system.hpp"
#include "actors/asking/wait_search.hpp"

namespace troupe {

void wait_graph::tell_relieved(const cells& actors, const crowd& others) {
  if (others.look != timer_id::none) {
    system_.get_scheduler().cancel(others.look);
  }
  for (const auto& cell : actors) {
    cell->signal(envelope_kind::relieved);
  }
  for (const auto& waiting : others.waiting) {
    waiting->set_value({});
  }
}

wait_graph::cells wait_graph::begin_wait(actor_cell& waiter, awaited what) {
  cells to_wake;
  cells cycle;
  cells met;
  {
    const std::lock_guard lock{mutex_};
    const ref_ptr<actor_cell> self{&waiter};
    const waiting& mine = waits_[waiter.id()] = {self, std::move(what)};
    cycle = find_cycle_locked({waiter.id(), place::anything}, self, mine.what,
                              to_wake, met);
    if (!cycle.empty()) {
      waits_.erase(waiter.id());
    }
  }
  tell_relieved(to_wake, {});
  return cycle;
}

wait_graph::cells wait_graph::begin_await(suspension what, ticket& mine) {
  cells to_wake;
  cells cycle;
  cells met;
  suspension mine_again;  // released after the lock
  {
    const std::lock_guard lock{mutex_};
    mine = ++tickets_;
    const actor_id id = what.waiter->id();
    if (what.request != nullptr) {
      by_request_[what.request] = mine;
    }
    const auto& one =
        suspended_[id].emplace(mine, std::move(what)).first->second;
    cycle = find_cycle_locked({id, mine}, one.waiter, {{one.answer.get()}, 1},
                              to_wake, met);
    if (!cycle.empty()) {
      mine_again = forget_locked(id, mine);
    }
    // The walk ends where it begins.
    if (cycle.size() > 1 && cycle.front() == cycle.back()) {
      cycle.pop_back();
    }
  }
  tell_relieved(to_wake, {});
  return cycle;
}

suspension wait_graph::forget_locked(actor_id waiter, ticket which) noexcept {
  const auto all = suspended_.find(waiter);
  if (all == suspended_.end()) {
    return {};
  }
  auto gone = all->second.extract(which);
  if (gone.empty()) {
    return {};
  }
  if (all->second.empty()) {
    suspended_.erase(all);
  }
  const auto begun = by_request_.find(gone.mapped().request);
  if (begun != by_request_.end() && begun->second == which) {
    by_request_.erase(begun);
  }
  return std::move(gone.mapped());
}

void wait_graph::end_await(actor_id waiter, ticket which) noexcept {
  suspension last;  // released after the lock
  const std::lock_guard lock{mutex_};
  last = forget_locked(waiter, which);
}

void wait_graph::end_awaits(actor_id waiter) noexcept {
  suspensions last;  // released after the lock
  const std::lock_guard lock{mutex_};
  const auto all = suspended_.find(waiter);
  if (all == suspended_.end()) {
    return;
  }
  last = std::move(all->second);
  suspended_.erase(all);
  for (const auto& [number, one] : last) {
    const auto begun = by_request_.find(one.request);
    if (begun != by_request_.end() && begun->second == number) {
      by_request_.erase(begun);
    }
  }
}

void wait_graph::end_wait(actor_cell& waiter) noexcept {
  waiting last;  // released after the lock
  const std::lock_guard lock{mutex_};
  const auto found = waits_.find(waiter.id());
  if (found != waits_.end()) {
    last = std::move(found->second);
    waits_.erase(found);
  }
}

}  // namespace troupe
