// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/wait_graph.hpp"

#include <algorithm>
#include <compare>
#include <set>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/actor_cell.hpp"

namespace troupe {
namespace {

// So long a receiver may take nothing before those that it mutes go on for a
// message all the same.
constexpr clock_duration patience = std::chrono::seconds{1};

}  // namespace

struct wait_graph::place {
  actor_id actor;
  ticket handler;  // or one of these

  static constexpr ticket next_message = 0;       // what it would take next
  static constexpr ticket anything = ~ticket{0};  // any code of it

  auto operator<=>(const place&) const = default;
};

// A walk along "can't go on before", for a way to `goal`.
struct wait_graph::search {
  search(const place& to, const ref_ptr<actor_cell>& from, cells& all)
      : goal{to}, path{from}, met{all} {}

  // Of an actor that blocks, all is held up.
  bool arrives(const place& here) const noexcept {
    return here == goal ||
           (goal.handler == place::anything && here.actor == goal.actor);
  }

  const place goal;
  cells path;  // from the goal to where it is
  // What can go on; and those on the path. To come upon one of these again is a
  // cycle as well, which the goal waits for.
  std::set<place> free{};
  std::set<place> walking{};
  std::vector<actor_cell*> let_go_of{};  // muted ones on the way, if found
  cells& met;                            // held until the lock is given back
};

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

// Once for each muted one that has to be let go.
wait_graph::cells wait_graph::find_cycle_locked(
    const place& goal, const ref_ptr<actor_cell>& waiter, const awaited& what,
    cells& to_wake, cells& met) {
  for (;;) {
    search s{goal, waiter, met};
    if (!answers_lead_to(s, what)) {
      return {};
    }
    if (s.let_go_of.empty()) {
      return std::move(s.path);
    }
    for (actor_cell* muted : s.let_go_of) {
      unmute_locked(*muted, to_wake);
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

// Whether `from` can't go on before the goal does.
bool wait_graph::leads_to(search& s, const place& from) {
  if (s.arrives(from) || s.walking.contains(from)) {
    return true;
  }
  if (from.actor == actor_id::nobody || s.free.contains(from)) {
    return false;
  }
  const auto cell = system_.find_cell(from.actor);
  if (cell == nullptr) {
    return false;
  }
  s.met.push_back(cell);
  s.path.push_back(cell);
  s.walking.insert(from);
  const bool found = way_on(s, from, cell);
  s.walking.erase(from);
  if (!found) {
    s.path.pop_back();
    s.free.insert(from);
  }
  return found;
}

// One that is muted still has its suspended handlers go on.
bool wait_graph::way_on(search& s, const place& from,
                        const ref_ptr<actor_cell>& cell) {
  const bool suspended =
      from.handler != place::next_message && from.handler != place::anything;
  return waits_lead_to(s, from.actor) || place_leads_to(s, cell) ||
         (!suspended && mutes_lead_to(s, cell)) ||
         suspended_lead_to(s, from, *cell);
}

bool wait_graph::suspended_lead_to(search& s, const place& from,
                                   const actor_cell& cell) {
  const auto found = suspended_.find(from.actor);
  if (found == suspended_.end() || from.handler == place::anything) {
    return false;
  }
  if (from.handler != place::next_message) {
    return answer_leads_to(s, *found->second.at(from.handler).answer);
  }
  std::size_t held_up = 0;
  const std::size_t here = s.path.size();
  for (const auto& [number, one] : found->second) {
    s.path.resize(here);
    const bool leads = suspension_leads_to(s, {from.actor, number}, one);
    if (leads && one.starts) {
      return true;
    }
    if (!leads && !one.starts) {
      return false;
    }
    held_up += leads;
  }
  return held_up >= cell.concurrency();
}

// As leads_to(), from the actor that is last on the path.
bool wait_graph::suspension_leads_to(search& s, const place& from,
                                     const suspension& one) {
  if (s.arrives(from) || s.walking.contains(from)) {
    return true;
  }
  s.walking.insert(from);
  const bool found = answer_leads_to(s, *one.answer);
  s.walking.erase(from);
  return found;
}

bool wait_graph::waits_lead_to(search& s, actor_id from) {
  const auto found = waits_.find(from);
  return found != waits_.end() && answers_lead_to(s, found->second.what);
}

// Whether so many of them can't come that those needed aren't left.
bool wait_graph::answers_lead_to(search& s, const awaited& what) {
  std::size_t spare = what.answers.size() - what.needed;
  const std::size_t here = s.path.size();
  const std::size_t let_go = s.let_go_of.size();
  for (const completion* answer : what.answers) {
    if (!answer_leads_to(s, *answer)) {
      continue;
    }
    if (spare == 0) {
      return true;
    }
    --spare;
    s.path.resize(here);
    s.let_go_of.resize(let_go);
  }
  return false;
}

bool wait_graph::answer_leads_to(search& s, const completion& answer) {
  if (answer.answered()) {
    return false;
  }
  const auto holder = static_cast<actor_id>(answer.holder());
  if (answer.deferred()) {
    return leads_to(s, {holder, place::anything});
  }
  const auto begun = by_request_.find(&answer);
  const auto those = suspended_.find(holder);
  const bool suspended = begun != by_request_.end() &&
                         those != suspended_.end() &&
                         those->second.contains(begun->second);
  return leads_to(s, {holder, suspended ? begun->second : place::next_message});
}

// It can't have a turn while another one waits in the home, or on the lane,
// that they share.
bool wait_graph::place_leads_to(search& s, const ref_ptr<actor_cell>& from) {
  if (waits_.contains(from->id())) {
    return false;
  }
  for (const auto& [id, other] : waits_) {
    if (from->shares_place_with(*other.waiter) &&
        leads_to(s, {id, place::anything})) {
      return true;
    }
  }
  return false;
}

bool wait_graph::mutes(const actor_cell& receiver,
                       const actor_cell& sender) const noexcept {
  const auto found = crowds_.find(&receiver);
  return found != crowds_.end() &&
         std::ranges::any_of(found->second.muted, [&sender](const auto& cell) {
           return cell.get() == &sender;
         });
}

bool wait_graph::mutes_lead_to(search& s, const ref_ptr<actor_cell>& from) {
  if (!from->muted()) {
    return false;
  }
  for (const auto& [receiver, crowd] : crowds_) {
    if (mutes(*receiver, *from) &&
        leads_to(s, {receiver->id(), place::next_message})) {
      s.let_go_of.push_back(from.get());
      return true;
    }
  }
  return false;
}

void wait_graph::mute(actor_cell& sender, actor_cell& receiver) {
  cells to_wake;
  crowd gone;
  cells met;
  {
    const std::lock_guard lock{mutex_};
    search s{{sender.id(), place::anything}, ref_ptr<actor_cell>{&sender}, met};
    if (sender.crowded_.load() || mutes(receiver, sender) ||
        leads_to(s, {receiver.id(), place::next_message})) {
      return;
    }
    crowd& those = crowds_[&receiver];
    those.muted.emplace_back(&sender);
    if (those.look == timer_id::none) {
      look_later_locked(receiver, those);
    }
    ++sender.muters_;
    sender.muted_.store(true);
    // seq_cst, as is the look at the size: either this sees that there is room
    // by now, or the receiver, which makes room first, sees the crowd.
    receiver.crowded_.store(true);
    if (receiver.has_room()) {
      gone = take_crowd_locked(receiver, to_wake);
    }
  }
  tell_relieved(to_wake, gone);
}

ref_ptr<completion> wait_graph::when_room(actor_cell& receiver) {
  auto room = make_ref_counted<completion>();
  room->set_holder(static_cast<std::uint64_t>(receiver.id()));
  {
    const std::lock_guard lock{mutex_};
    crowds_[&receiver].waiting.push_back(room);
    receiver.crowded_.store(true);  // seq_cst: as in mute()
  }
  if (receiver.has_room()) {
    relieve(receiver, true);
  }
  return room;
}

void wait_graph::relieve(actor_cell& receiver, bool in_any_case) noexcept {
  cells to_wake;
  crowd gone;
  {
    const std::lock_guard lock{mutex_};
    if (in_any_case || receiver.has_room()) {
      gone = take_crowd_locked(receiver, to_wake);
    }
  }
  tell_relieved(to_wake, gone);
}

void wait_graph::look_later_locked(actor_cell& receiver, crowd& those) {
  those.taken_before = receiver.taken();
  those.look_number = ++looks_;
  those.look = system_.get_scheduler().after(
      patience, [this, cell = ref_ptr<actor_cell>{&receiver}, number = looks_] {
        look(*cell, number);
      });
}

void wait_graph::look(actor_cell& receiver, std::uint64_t number) {
  cells to_wake;
  crowd gone;
  {
    const std::lock_guard lock{mutex_};
    const auto found = crowds_.find(&receiver);
    if (found == crowds_.end() || found->second.look_number != number) {
      return;
    }
    if (found->second.taken_before == receiver.taken()) {
      gone = take_crowd_locked(receiver, to_wake);
      gone.look = timer_id::none;  // it is what calls
    } else {
      look_later_locked(receiver, found->second);
    }
  }
  tell_relieved(to_wake, gone);
}

wait_graph::crowd wait_graph::take_crowd_locked(actor_cell& receiver,
                                                cells& to_wake) noexcept {
  receiver.crowded_.store(false);
  const auto found = crowds_.find(&receiver);
  if (found == crowds_.end()) {
    return {};
  }
  crowd gone = std::move(found->second);
  crowds_.erase(found);
  for (const auto& sender : gone.muted) {
    if (sender->muters_ > 0 && --sender->muters_ == 0) {
      sender->muted_.store(false);
      to_wake.push_back(sender);
    }
  }
  return gone;
}

// From all that mute it. They find it gone from their lists.
void wait_graph::unmute_locked(actor_cell& sender, cells& to_wake) noexcept {
  for (auto& [receiver, crowd] : crowds_) {
    std::erase_if(crowd.muted,
                  [&](const auto& cell) { return cell.get() == &sender; });
  }
  sender.muters_ = 0;
  sender.muted_.store(false);
  to_wake.emplace_back(&sender);
}

std::vector<wait_graph::report> wait_graph::reports() {
  std::vector<report> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [waiter, wait] : waits_) {
    for (const completion* answer : wait.what.answers) {
      if (!answer->answered()) {
        all.push_back({waiter, static_cast<actor_id>(answer->holder()), false});
      }
    }
  }
  for (const auto& [waiter, handlers] : suspended_) {
    for (const auto& [number, one] : handlers) {
      if (!one.answer->answered()) {
        all.push_back(
            {waiter, static_cast<actor_id>(one.answer->holder()), false});
      }
    }
  }
  for (const auto& [receiver, waiting] : crowds_) {
    for (const auto& muted : waiting.muted) {
      all.push_back({muted->id(), receiver->id(), true});
    }
  }
  return all;
}

}  // namespace troupe
