// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/wait_search.hpp"

#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"

namespace troupe {

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

}  // namespace troupe
