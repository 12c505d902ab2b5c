// SPDX-License-Identifier: Apache-2.0
// wait_graph: who is muted by whom, and until when.
#include <algorithm>
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/asking/wait_search.hpp"

namespace troupe {
namespace {

// So long a receiver may take nothing before those that it mutes go on for a
// message all the same.
constexpr clock_duration patience = std::chrono::seconds{1};

}  // namespace

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
