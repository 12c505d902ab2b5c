// SPDX-License-Identifier: Apache-2.0
// Who can't go on before somebody else does: actors that wait in a handler for
// an answer, and actors that are muted because they sent to a crowded one.
//
// Muting slows senders down where nobody may block. An actor that sends to a
// crowded one finishes the message at hand, and then gets no further one until
// the receiver's mailbox is half empty.
//
// No cycle of muted actors can come about: an actor that is crowded itself is
// never muted. For suppose there was one, and A in it had been muted last. The
// actor before A in the cycle is muted by A, so A was crowded by then, and
// would not have been muted. (All of this is decided under one mutex, and an
// actor counts as crowded for as long as it mutes somebody.)
//
// Waiting for answers can form cycles: whoever would close one is told, and
// doesn't wait. In a cycle of both kinds the muted one is let go: being muted
// is a courtesy, an answer is not.
//
// A handler that is suspended, and awaits one answer, holds up no more than
// itself and the messages for which it leaves no room: an actor gets no further
// message while as many handlers as its concurrency are suspended. So what
// waits in a mailbox can't come if all of these can't; what a handler has begun
// comes as soon as that one goes on, and what it has deferred, from anywhere.
//
// Who waits for some of several answers (any of three, say) is held up only if
// too few of those that are open can still come. An actor is held up, too,
// while another one waits in the home or on the thread that they share.
//
// What an actor waits for otherwise isn't known here: an answer that a kept
// message awaits, a lock, another thread. So whoever has taken no message for
// a second lets those that it mutes have one more each, and again after the
// next second: nothing stands still for ever, and no flood comes of it.
//
// Any thread. Nothing here is on the path of a message: begin_wait() precedes
// a wait, mute() a pause.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "actors/actor_id.hpp"
#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

class actor_cell;
class actor_system;

/// What a wait is for: that `needed` of these are done. They are alive while it
/// lasts.
struct awaited {
  std::vector<completion*> answers;
  std::size_t needed;
};

/// A handler that awaits `answer`, and nothing else that could end its wait.
struct suspension {
  ref_ptr<actor_cell> waiter;
  ref_ptr<completion> answer;
  const completion* request = nullptr;  // what it will answer itself
  bool starts = false;  // the actor gets no message at all before it is done
};

class wait_graph {
public:
  using cells = std::vector<ref_ptr<actor_cell>>;
  using ticket = std::uint64_t;

  explicit wait_graph(actor_system& system) : system_{system} {}

  /// `waiter` is about to block in its handler. Not empty: it must not, for
  /// that is the cycle which it would close. Else end_wait().
  cells begin_wait(actor_cell& waiter, awaited what);
  void end_wait(actor_cell& waiter) noexcept;
  /// A handler is about to be suspended; as begin_wait(). `mine`: for
  /// end_await(), if there is no cycle.
  cells begin_await(suspension what, ticket& mine);
  void end_await(actor_id waiter, ticket which) noexcept;
  /// The actor's handlers are let go of.
  void end_awaits(actor_id waiter) noexcept;

  /// On the turn of `sender`, which has sent to the crowded `receiver`.
  void mute(actor_cell& sender, actor_cell& receiver);
  /// Done when `receiver` has room again, or has ended.
  ref_ptr<completion> when_room(actor_cell& receiver);
  /// Lets all go that wait for room, if there is room, or in any case.
  void relieve(actor_cell& receiver, bool in_any_case) noexcept;

  /// For people: who can't go on before whom (nobody: not an actor); of one
  /// that waits for several, a report for each.
  struct report {
    actor_id waiter;
    actor_id for_whom;
    bool muted;  // else it waits for an answer
  };
  std::vector<report> reports();

private:
  struct waiting {
    ref_ptr<actor_cell> waiter;
    awaited what;
  };
  struct crowd {
    cells muted;
    std::vector<ref_ptr<completion>> waiting;
    timer_id look = timer_id::none;  // none while it mutes nobody
    std::uint64_t look_number = 0;
    std::uint64_t taken_before = 0;  // by the receiver, when last looked at
  };
  using suspensions = std::unordered_map<ticket, suspension>;
  struct place;   // what can't go on: an actor, or a handler of it
  struct search;  // for a cycle

  cells find_cycle_locked(const place& goal, const ref_ptr<actor_cell>& waiter,
                          const awaited& what, cells& to_wake, cells& met);
  bool leads_to(search& s, const place& from);
  bool answers_lead_to(search& s, const awaited& what);
  bool answer_leads_to(search& s, const completion& answer);
  bool way_on(search& s, const place& from, const ref_ptr<actor_cell>& cell);
  bool suspended_lead_to(search& s, const place& from, const actor_cell& cell);
  bool suspension_leads_to(search& s, const place& from, const suspension& one);
  bool waits_lead_to(search& s, actor_id from);
  bool place_leads_to(search& s, const ref_ptr<actor_cell>& from);
  bool mutes_lead_to(search& s, const ref_ptr<actor_cell>& from);
  bool mutes(const actor_cell& receiver,
             const actor_cell& sender) const noexcept;
  void look_later_locked(actor_cell& receiver, crowd& those);
  void look(actor_cell& receiver, std::uint64_t number);
  void tell_relieved(const cells& actors, const crowd& others);
  suspension forget_locked(actor_id waiter, ticket which) noexcept;
  void unmute_locked(actor_cell& sender, cells& to_wake) noexcept;
  crowd take_crowd_locked(actor_cell& receiver, cells& to_wake) noexcept;

  actor_system& system_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::uint64_t looks_ = 0;
  ticket tickets_ = 0;
  std::unordered_map<actor_id, waiting> waits_;
  std::unordered_map<actor_id, suspensions> suspended_;
  std::unordered_map<const completion*, ticket> by_request_;
  std::unordered_map<const actor_cell*, crowd> crowds_;  // by receiver
};

}  // namespace troupe
