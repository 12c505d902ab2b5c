// SPDX-License-Identifier: Apache-2.0
// One actor: mailbox, behaviour, life. Others hold it by actor_ref.
//
//   starting --> running --> ended      each step on the actor's own turn
//       \___________________/
//
// The mailbox stays open until the actor has ended; what is left in it then,
// and what still gets in while it closes, becomes dead letters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "actors/actor_id.hpp"
#include "actors/behaviour.hpp"
#include "actors/completion.hpp"
#include "actors/shared_home.hpp"
#include "mailbox/mailbox.hpp"
#include "scheduler/runnable.hpp"

namespace troupe {

class actor_ref;
class actor_system;

/// A lane of the scheduler, and whether it is released when the actor ends.
struct lane_choice {
  std::size_t index;
  bool released;
};

class actor_cell final : public runnable {
public:
  struct setting {
    actor_id id;
    std::string name;
    std::size_t mailbox_capacity = mailbox::unbounded;
    ref_ptr<isolate> alone;           // its own isolate, or
    ref_ptr<shared_home> home;        // one that it shares, or neither
    std::optional<lane_choice> lane;  // of an actor that never moves
  };

  actor_cell(actor_system& system, setting s, ref_ptr<behaviour> what);

  // Any thread.
  actor_id id() const noexcept { return setting_.id; }
  const std::string& name() const noexcept { return setting_.name; }
  actor_system& system() const noexcept { return system_; }
  shared_home* home() const noexcept { return setting_.home.get(); }
  /// The lane of the scheduler that alone runs this actor, if there is one.
  const std::optional<lane_choice>& lane() const noexcept {
    return setting_.lane;
  }
  std::size_t mailbox_size() const noexcept { return mailbox_.size(); }
  std::size_t mailbox_capacity() const noexcept { return mailbox_.capacity(); }
  bool ended() const noexcept { return ended_->done(); }
  /// Done when on_start() is over: no value, or a fault.
  completion& started() const noexcept { return *started_; }
  /// Done when the actor has ended and its mailbox is empty.
  completion& when_ended() const noexcept { return *ended_; }
  std::uint64_t handled() const noexcept {
    return handled_.load(std::memory_order_relaxed);
  }

  /// Any thread, lock-free. What can't be delivered becomes a dead letter,
  /// but for `full`, where the envelope stays with the caller.
  push_result deliver(envelope_ptr&& e) noexcept;
  /// Any thread. False: it has ended already.
  bool signal(envelope_kind kind) noexcept;
  /// Any thread. Ends the actor soon, running handler or not.
  void kill() noexcept;
  bool killed() const noexcept {
    return killed_.load(std::memory_order_acquire);  // pairs with kill()
  }

  // The actor's own turn, from its behaviour.
  void stop_self() noexcept TROUPE_REQUIRES(turn);
  /// The message at hand broke the actor: a dead letter, and the actor's end.
  void fail(envelope& e, fault why) noexcept TROUPE_REQUIRES(turn);
  /// What the actor is there for can't be done: its end.
  void fail_self(fault why) noexcept TROUPE_REQUIRES(turn);
  /// The message at hand was not for this actor: a dead letter, not handled.
  void refuse(envelope& e, dead_reason reason, fault&& why) noexcept
      TROUPE_REQUIRES(turn);
  /// Who sent the message at hand.
  actor_id sender() const noexcept TROUPE_REQUIRES(turn) { return sender_; }
  /// Answers `e`, if anybody asked; a late answer is a dead letter.
  void answer(envelope& e, payload&& value) noexcept;
  void answer(envelope& e, fault&& why) noexcept;

  /// Waits in this actor's handler, in a blocking_region; never attached.
  /// `interrupted`: also when the actor is killed meanwhile.
  wait_result wait(completion& c,
                   std::optional<std::chrono::nanoseconds> timeout);

  /// The cell whose turn runs on this thread, or null. Borrowed.
  static actor_cell* current() noexcept;

  turn_result resume() noexcept override;

private:
  friend class shared_home;

  static constexpr int quantum = 64;  // messages a turn

  turn_result run_in_home() noexcept;
  void run_quantum() noexcept TROUPE_REQUIRES(turn);
  void dispatch(envelope_ptr e) noexcept TROUPE_REQUIRES(turn);
  void handle(envelope_ptr e) noexcept TROUPE_REQUIRES(turn);
  void start() noexcept TROUPE_REQUIRES(turn);
  void finish_as(stop_reason reason) noexcept;
  void end() noexcept TROUPE_REQUIRES(turn);
  void publish_end() noexcept TROUPE_REQUIRES(turn);
  void wake() noexcept;

  // Constant after construction.
  actor_system& system_;
  const ref_ptr<ref_counted> owner_;  // keeps system_ alive, if it can
  setting setting_;  // `alone` is given up when the actor ends, on its turn
  const ref_ptr<completion> started_;
  const ref_ptr<completion> ended_;

  const ref_ptr<behaviour> behaviour_;

  // The actor's turn only.
  actor_id sender_ = actor_id::nobody;
  bool running_ = false;    // on_start() was fine
  bool gone_ = false;       // end() is over
  bool published_ = false;  // and told
  bool refused_ = false;    // the message at hand
  std::optional<stop_reason> finishing_;
  std::optional<fault> why_;

  std::atomic<std::uint64_t> handled_{0};  // written by the turn, read by all
  std::atomic<bool> killed_{false};        // written by any thread, once

  std::mutex wait_mutex_;
  completion* waits_for_ = nullptr;  // guarded by wait_mutex_; see wait()

  actor_cell* next_ready_ = nullptr;  // guarded by the shared home's mutex

  mailbox mailbox_;
};

}  // namespace troupe
