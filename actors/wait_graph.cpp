// SPDX-License-Identifier: Apache-2.0
#include "actors/wait_graph.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "actors/actor_cell.hpp"
#include "actors/actor_system.hpp"

namespace troupe {

// A walk along "can't go on before", for a way to `goal`.
struct wait_graph::search {
  actor_id goal;
  cells path{};                          // where it is
  std::unordered_set<actor_id> seen{};   // and was
  std::vector<actor_cell*> let_go_of{};  // muted ones on the way, if found
};

void wait_graph::tell_relieved(const cells& actors, const crowd& others) {
  for (const auto& cell : actors) {
    cell->signal(envelope_kind::relieved);
  }
  for (const auto& waiting : others.waiting) {
    waiting->set_value({});
  }
}

wait_graph::cells wait_graph::begin_wait(actor_cell& waiter, completion& c) {
  cells to_wake;
  search s{waiter.id()};
  {
    const std::lock_guard lock{mutex_};
    waits_[waiter.id()] = {ref_ptr<actor_cell>{&waiter}, &c};
    s.path.emplace_back(&waiter);
    // Once for each muted one that has to be let go.
    while (leads_to(s, static_cast<actor_id>(c.holder()))) {
      if (s.let_go_of.empty()) {
        waits_.erase(waiter.id());
        break;
      }
      for (actor_cell* muted : s.let_go_of) {
        unmute_locked(*muted, to_wake);
      }
      s = search{waiter.id()};
      s.path.emplace_back(&waiter);
    }
    if (s.path.size() == 1 && waits_.contains(waiter.id())) {
      s.path.clear();
    }
  }
  tell_relieved(to_wake, {});
  return std::move(s.path);
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

// Whether the actor `from` can't go on before the goal does.
bool wait_graph::leads_to(search& s, actor_id from) {
  if (from == s.goal) {
    return true;
  }
  if (from == actor_id::nobody || !s.seen.insert(from).second) {
    return false;
  }
  const auto cell = system_.find_cell(from);
  if (cell == nullptr) {
    return false;
  }
  s.path.push_back(cell);
  if (waits_lead_to(s, from) || home_leads_to(s, cell) ||
      mutes_lead_to(s, cell)) {
    return true;
  }
  s.path.pop_back();
  return false;
}

bool wait_graph::waits_lead_to(search& s, actor_id from) {
  const auto found = waits_.find(from);
  return found != waits_.end() && !found->second.answer->answered() &&
         leads_to(s, static_cast<actor_id>(found->second.answer->holder()));
}

// It can't have a turn while another one waits in the home that they share.
bool wait_graph::home_leads_to(search& s, const ref_ptr<actor_cell>& from) {
  if (from->home() == nullptr || waits_.contains(from->id())) {
    return false;
  }
  for (const auto& [id, other] : waits_) {
    if (other.waiter->home() == from->home() && !other.answer->answered() &&
        leads_to(s, id)) {
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
    if (mutes(*receiver, *from) && leads_to(s, receiver->id())) {
      s.let_go_of.push_back(from.get());
      return true;
    }
  }
  return false;
}

void wait_graph::mute(actor_cell& sender, actor_cell& receiver) {
  cells to_wake;
  crowd gone;
  {
    const std::lock_guard lock{mutex_};
    search s{sender.id()};
    if (sender.crowded_.load() || mutes(receiver, sender) ||
        leads_to(s, receiver.id())) {
      return;
    }
    crowds_[&receiver].muted.emplace_back(&sender);
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

}  // namespace troupe
