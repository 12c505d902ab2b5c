// SPDX-License-Identifier: Apache-2.0
// One actor: mailbox, behaviour, life. Others hold it by actor_ref.
//
//   starting --> running --> ended        each step on the actor's own turn
//       |  ^       |           ^
//       |  |       v           |
//       |  +----- down --------+          only an actor with a supervisor
//       +----------^
//
// An incarnation is one life of its code, from start to the end that a failure,
// a kill or an order brings. An actor without a supervisor ends with its first
// one. One that has a supervisor goes down, and waits for its word: restart()
// begins another incarnation, with the same id, name and mailbox; terminate()
// ends the actor. While it is down its messages wait.
//
// The mailbox stays open until the actor has ended; what is left in it then,
// and what still gets in while it closes, becomes dead letters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor_id.hpp"
#include "actors/asking/completion.hpp"
#include "actors/cell/behaviour.hpp"
#include "actors/cell/bonds.hpp"
#include "actors/cell/end_notice.hpp"
#include "actors/cell/work_mark.hpp"
#include "actors/shared_home.hpp"
#include "mailbox/mailbox.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class actor_ref;
class actor_system;
struct awaited;

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
    actor_id spawner = actor_id::nobody;  // the actor on whose turn it was made
    std::size_t mailbox_capacity = mailbox::unbounded;
    overflow_policy overflow = overflow_policy::fail;
    ref_ptr<actor_cell> redirect{};        // for overflow_policy::redirect
    std::size_t concurrency = 1;           // how many messages keep() may hold
    std::size_t stash_capacity = 0;        // how many stash() may hold
    clock_duration time_limit{};           // of a handler; zero: none
    ref_ptr<isolate> alone{};              // its own isolate, or
    ref_ptr<shared_home> home{};           // one that it shares, or neither
    std::optional<lane_choice> lane{};     // of an actor that never moves
    ref_ptr<child_observer> parent{};      // its supervisor, or none
    ref_ptr<incarnation_source> source{};  // needed for restart()
    bool far = false;                      // its code runs in another process
  };
  enum class life : std::uint8_t {
    unborn,
    starting,
    running,
    ending,  // see behaviour::on_ending()
    down,
    ended
  };

  actor_cell(actor_system& system, setting s, ref_ptr<behaviour> what);
  ~actor_cell() override;

  // Any thread.
  actor_id id() const noexcept { return setting_.id; }
  const std::string& name() const noexcept { return setting_.name; }
  actor_system& system() const noexcept { return system_; }
  shared_home* home() const noexcept { return setting_.home.get(); }
  /// The lane of the scheduler that alone runs this actor, if there is one.
  const std::optional<lane_choice>& lane() const noexcept {
    return setting_.lane;
  }
  /// Whether only one of the two can have a turn at a time.
  bool shares_place_with(const actor_cell& other) const noexcept {
    return (setting_.home != nullptr && setting_.home == other.setting_.home) ||
           (setting_.lane && other.setting_.lane &&
            setting_.lane->index == other.setting_.lane->index);
  }
  child_observer* parent() const noexcept { return setting_.parent.get(); }
  incarnation_source* source() const noexcept { return setting_.source.get(); }
  actor_id spawner() const noexcept { return setting_.spawner; }
  overflow_policy overflow() const noexcept { return setting_.overflow; }
  std::size_t mailbox_size() const noexcept { return mailbox_.size(); }
  std::size_t mailbox_capacity() const noexcept { return mailbox_.capacity(); }
  /// Of a handler; zero: none.
  clock_duration time_limit() const noexcept { return setting_.time_limit; }
  bool ended() const noexcept { return ended_->done(); }
  /// Done when the first on_start() is over: no value, or a fault.
  completion& started() const noexcept { return *started_; }
  /// Done when the actor has ended and its mailbox is empty.
  completion& when_ended() const noexcept { return *ended_; }
  // These are for people: relaxed, as of a moment ago.
  std::uint64_t handled() const noexcept {
    return handled_.load(std::memory_order_relaxed);
  }
  std::uint64_t restarts() const noexcept {
    return restarts_.load(std::memory_order_relaxed);
  }
  life state() const noexcept { return life_.load(std::memory_order_relaxed); }
  std::optional<work_report> at_work() const noexcept { return work_.report(); }
  std::size_t concurrency() const noexcept {
    return concurrency_.load(std::memory_order_relaxed);
  }
  /// Its code runs in another process: not all can be sent there.
  bool far() const noexcept { return setting_.far; }
  /// How many messages keep() holds.
  std::size_t in_flight() const noexcept {
    return in_flight_.load(std::memory_order_relaxed);
  }
  /// What its code is; null while there is none.
  ref_ptr<behaviour> code();
  /// Once it has ended.
  stop_reason end_reason() const noexcept { return end_reason_.load(); }
  bool muted() const noexcept { return muted_.load(); }
  /// Messages that it has begun to handle. Relaxed: as of a moment ago.
  std::uint64_t taken() const noexcept {
    return taken_.load(std::memory_order_relaxed);
  }

  /// Any thread, never blocks. What can't be delivered becomes a dead letter,
  /// but for `full`, where the envelope stays with the caller. If this makes a
  /// crowd, and an actor's turn runs here, that actor is muted.
  push_result deliver(envelope_ptr&& e) noexcept;
  /// As deliver(); a message that is refused becomes a dead letter.
  void deliver_or_bury(envelope_ptr e) noexcept;
  /// Any thread: a notice that ranks with the messages. False: it has ended.
  bool notify(envelope_ptr e) noexcept;
  /// Any thread. False: it has ended already.
  bool signal(envelope_kind kind) noexcept;
  /// Whether a sender that is no actor should wait for when_room().
  bool makes_senders_wait() const noexcept {
    return mailbox_.crowded() && setting_.overflow == overflow_policy::mute;
  }
  /// Any thread, for tests: while set, the mailbox is full for all senders.
  void refuse_messages(bool refuse) noexcept;
  /// Any thread: done when the mailbox is half empty again, or has ended.
  ref_ptr<completion> when_room();
  /// Any thread: the asker gives up. A message that waits is skipped; who has
  /// kept it is told, unless it is handed on at this moment. True: it was the
  /// first to end the request.
  static bool give_up(actor_system& system, completion& request) noexcept;

  /// Any thread. Ends the actor, or with a supervisor its incarnation, soon,
  /// running handler or not.
  void kill() noexcept { kill(incarnation_number()); }
  /// The same, unless another incarnation was ordered in the meantime: a kill
  /// that comes late is not for that one.
  void kill(std::uint32_t incarnation) noexcept;
  bool killed() const noexcept {
    const auto which = killed_.load(std::memory_order_acquire);  // kill()
    return which != 0 && which == incarnation_number();
  }
  /// Counted from 1; while it is down, still that of the one before, until
  /// restart().
  std::uint32_t incarnation_number() const noexcept {
    return incarnation_.load(
        std::memory_order_acquire);  // pairs with restart()
  }
  /// Any thread. Ends the actor after the message at hand.
  void stop() noexcept;
  // Any thread: a supervisor's orders.
  /// From `down`: begins another incarnation. Once for each on_child_down().
  void restart() noexcept;
  /// The incarnation ends after the message at hand; the actor goes down.
  void halt() noexcept { signal(envelope_kind::halt); }
  /// The actor ends after the message at hand, or at once if it is down.
  void terminate() noexcept { signal(envelope_kind::terminate); }

  // The actor's own turn, from its behaviour.
  void stop_self() noexcept TROUPE_REQUIRES(turn);
  /// After behaviour::delays_end().
  void end_now() noexcept TROUPE_REQUIRES(turn);
  /// The message `e` broke the actor: a dead letter, and the incarnation's end.
  void fail(envelope& e, fault why) noexcept TROUPE_REQUIRES(turn);
  /// Something else broke it.
  void fail_self(fault why) noexcept TROUPE_REQUIRES(turn);
  /// The incarnation ends for this reason, and `why`, if it is abnormal.
  void end_as(stop_reason reason, std::optional<fault> why) noexcept
      TROUPE_REQUIRES(turn);
  /// Whether it is to end after what was sent to it before.
  bool drains() const noexcept TROUPE_REQUIRES(turn) { return drains_; }
  /// The message `e` was not for this actor: a dead letter, not handled.
  void refuse(envelope& e, dead_reason reason, fault&& why) noexcept
      TROUPE_REQUIRES(turn);
  /// Who sent the message at hand.
  actor_id sender() const noexcept TROUPE_REQUIRES(turn) { return sender_; }
  /// Answers `e`, if anybody asked; a late answer is a dead letter.
  void answer(envelope& e, payload&& value) noexcept;
  void answer(envelope& e, fault&& why) noexcept;
  /// `who` is told when this turn is over, once.
  void at_turn_end(ref_ptr<turn_listener> who) noexcept TROUPE_REQUIRES(turn);
  /// The message at hand; null once it was kept, stashed or forwarded.
  envelope* at_hand() const noexcept TROUPE_REQUIRES(turn) {
    return at_hand_.get();
  }
  /// Takes the message at hand, if it is there still, for later; release() must
  /// follow, with null if it was given away. The actor gets no further message
  /// while it has kept as many as its concurrency.
  envelope_ptr keep() noexcept TROUPE_REQUIRES(turn);
  void release(envelope_ptr kept) noexcept TROUPE_REQUIRES(turn);
  /// What was kept is the next message again, as if it had never been taken.
  void put_back(envelope_ptr kept) noexcept TROUPE_REQUIRES(turn);
  /// From now on keep() may hold so many.
  void set_concurrency(std::size_t messages) noexcept TROUPE_REQUIRES(turn);
  /// Puts the message at hand aside, or one that was kept. False: no room.
  bool stash() noexcept TROUPE_REQUIRES(turn) { return stash(at_hand_); }
  bool stash(envelope_ptr& message) noexcept TROUPE_REQUIRES(turn);
  /// What was put aside comes next, in the old order.
  void unstash_all() noexcept TROUPE_REQUIRES(turn);
  std::size_t stashed() const noexcept TROUPE_REQUIRES(turn);
  std::size_t stash_capacity() const noexcept {
    return setting_.stash_capacity;
  }
  /// Hands the message at hand, or one that was kept, to another actor; sender
  /// and asker stay.
  void forward(actor_cell& to) noexcept TROUPE_REQUIRES(turn) {
    forward(std::move(at_hand_), to);
  }
  void forward(envelope_ptr message, actor_cell& to) noexcept;

  // What an incarnation began ends with it: watches, links, timers.
  /// behaviour::on_down() will be called once, soon if `other` has ended.
  void watch(actor_cell& other) TROUPE_REQUIRES(turn);
  /// on_down() won't be called, even if `other` has ended meanwhile.
  void unwatch(actor_cell& other) noexcept TROUPE_REQUIRES(turn);
  /// The incarnation of one fails if that of the other ends abnormally.
  void link(actor_cell& other) TROUPE_REQUIRES(turn);
  void unlink(actor_cell& other) noexcept TROUPE_REQUIRES(turn);
  /// From now on the end of a linked actor is on_exit(), normal or not.
  void trap_exit(bool trap) TROUPE_REQUIRES(turn);
  bool traps_exit() const noexcept TROUPE_REQUIRES(turn);
  /// behaviour::on_timer() after `delay`, and then every `period` if that isn't
  /// zero: at multiples of it, none twice in the mailbox. Replaces the timer of
  /// the same token.
  void start_timer(timer_token token, clock_duration delay,
                   clock_duration period = {}) TROUPE_REQUIRES(turn);
  /// on_timer() won't be called, even if it has gone off. False: there is none.
  bool cancel_timer(timer_token token) noexcept TROUPE_REQUIRES(turn);
  /// on_receive_timeout() whenever no message came for so long; zero: never.
  void set_receive_timeout(clock_duration timeout) TROUPE_REQUIRES(turn);

  /// In on_start(): it goes on in on_ready(), until started_now(). Messages
  /// wait meanwhile.
  void start_later() noexcept TROUPE_REQUIRES(turn);
  void started_now(std::optional<fault> why_not) noexcept TROUPE_REQUIRES(turn);
  /// In on_ready(), after on_ending() has answered true.
  void ending_is_over() noexcept TROUPE_REQUIRES(turn) { may_end_ = true; }

  /// In on_start(): why the incarnation before has ended; null in the first.
  const std::optional<stop_reason>& last_end() const noexcept {
    return last_end_;
  }
  const fault* last_fault() const noexcept TROUPE_REQUIRES(turn) {
    return last_fault_.get();
  }

  /// What runs in `call` is interrupted when the actor's time limit has passed.
  /// May be nested: the innermost counts.
  template <typename Call>
  void run_limited(Call call) noexcept TROUPE_REQUIRES(turn);
  /// Any thread: whether the handler of this message runs, or what a timer or a
  /// notice calls (counted from 1); for an actor with a time limit.
  bool is_handling(std::uint64_t message) const noexcept {
    return handling_.load() == message;
  }
  /// In a handler: its time limit has passed.
  bool overdue() const noexcept {
    const std::uint64_t message = overdue_.load();
    return message != 0 && is_handling(message);
  }

  /// Waits in this actor's handler, in a blocking_region; never attached.
  /// `interrupted`: also when the actor is killed meanwhile, or overdue.
  /// `deadlock`: it would wait for itself; then `cycle` has the actors, each
  /// waiting for the next, and the last for the first. `exhausted`: no thread
  /// would be left to run others. `what`: what it really waits for, if `c` only
  /// stands for that.
  wait_result wait(completion& c,
                   std::optional<std::chrono::nanoseconds> timeout,
                   std::vector<ref_ptr<actor_cell>>* cycle = nullptr,
                   const awaited* what = nullptr);

  /// The cell whose turn runs on this thread, or null. Borrowed.
  static actor_cell* current() noexcept;

  turn_result resume() noexcept override;

private:
  friend class shared_home;
  friend class wait_graph;
  struct extras;  // what few actors have

  // current() is this cell; turns may nest, when one waits (in tests).
  class running_scope {
  public:
    explicit running_scope(actor_cell& cell) noexcept;
    ~running_scope();
    running_scope(const running_scope&) = delete;
    running_scope& operator=(const running_scope&) = delete;

  private:
    actor_cell* const before_;
  };

  // Why the mailbox is paused, as bits.
  enum : std::uint8_t {
    paused_down = 1,
    paused_muted = 2,
    paused_busy = 4,
    paused_unborn = 8,
    paused_hook = 16,
  };

  turn_result run_in_home() noexcept;
  turn_result end_turn() noexcept TROUPE_REQUIRES(turn);
  void run_quantum() noexcept TROUPE_REQUIRES(turn);
  std::size_t quantum_now() const noexcept;
  void after_dispatch() noexcept TROUPE_REQUIRES(turn);
  void dispatch(envelope_ptr e) noexcept TROUPE_REQUIRES(turn);
  void obey(const envelope& e) noexcept TROUPE_REQUIRES(turn);
  void take_notice(const envelope& e) noexcept TROUPE_REQUIRES(turn);
  void handle(envelope_ptr e) noexcept TROUPE_REQUIRES(turn);
  void settle_message(envelope& e) noexcept TROUPE_REQUIRES(turn);
  template <typename Set>
  void answer_with(envelope& e, Set set) noexcept;
  void pause(std::uint8_t cause) noexcept TROUPE_REQUIRES(turn);
  void unpause(std::uint8_t cause) noexcept TROUPE_REQUIRES(turn);

  void start() noexcept TROUPE_REQUIRES(turn);
  void renew() noexcept TROUPE_REQUIRES(turn);
  bool make_incarnation() noexcept TROUPE_REQUIRES(turn);
  void start_is_over(std::optional<fault> why_not) noexcept
      TROUPE_REQUIRES(turn);
  void start_failed(fault why) noexcept TROUPE_REQUIRES(turn);
  void begin_hook() noexcept TROUPE_REQUIRES(turn);
  void end_hook() noexcept TROUPE_REQUIRES(turn);
  void hurry() noexcept TROUPE_REQUIRES(turn);
  void give_up_start() noexcept TROUPE_REQUIRES(turn);
  void begin_end() noexcept TROUPE_REQUIRES(turn);
  bool lives() const noexcept;
  void finish_as(stop_reason reason) noexcept;
  void told_to_end(stop_reason reason) noexcept TROUPE_REQUIRES(turn);
  void finish_for_good(stop_reason reason) noexcept TROUPE_REQUIRES(turn);
  void end_incarnation() noexcept TROUPE_REQUIRES(turn);
  void let_go_of_extras() noexcept TROUPE_REQUIRES(turn);
  void tell(const bonds::cells& others, envelope_kind kind,
            stop_reason reason) noexcept;
  void tell_all(stop_reason reason) noexcept;
  void drop_code() noexcept;
  void go_down() noexcept TROUPE_REQUIRES(turn);
  void go() noexcept TROUPE_REQUIRES(turn);
  void publish_end() noexcept TROUPE_REQUIRES(turn);
  void answer_those_who_wait(stop_reason reason) noexcept TROUPE_REQUIRES(turn);

  push_result overflow(envelope_ptr&& e) noexcept;
  void make_crowd() noexcept;
  bool has_room() const noexcept;
  void wake() noexcept;
  void notify_end(actor_cell& other, envelope_kind kind,
                  const ref_ptr<end_notice>& what) noexcept;
  void on_linked(const end_notice& what) noexcept TROUPE_REQUIRES(turn);
  void check_receive_timeout() noexcept TROUPE_REQUIRES(turn);
  void arm_receive_timeout(clock_duration delay);
  struct limit {
    timer_id timer;
    std::uint64_t around;  // what is limited itself, and goes on afterwards
  };
  limit begin_limit() noexcept TROUPE_REQUIRES(turn);
  void end_limit(limit begun) noexcept TROUPE_REQUIRES(turn);
  void on_overdue(std::uint64_t message) noexcept;
  void interrupt(interrupt_kind kind, std::uint32_t incarnation,
                 std::uint64_t message) noexcept;
  extras& more();
  bonds::end how_it_ends(stop_reason reason) const;
  ref_ptr<end_notice> notice_of(const bonds::end& how);

  // Constant after construction.
  actor_system& system_;
  const ref_ptr<ref_counted> owner_;  // keeps system_ alive, if it can
  setting
      setting_;  // `alone` is given up when an incarnation ends, on its turn
  const ref_ptr<completion> started_;
  const ref_ptr<completion> ended_;

  // What each message touches, on two cache lines of the turn's own.

  // Guarded by code_mutex_ for other threads; the turn may read it.
  alignas(64) ref_ptr<behaviour> behaviour_;
  // The actor's turn only.
  envelope_ptr at_hand_;
  actor_id sender_ = actor_id::nobody;
  std::unique_ptr<extras> extras_;
  std::optional<stop_reason> finishing_;
  std::uint8_t pauses_ = 0;  // bits as above
  bool renewing_ = false;    // restart() was called
  bool left_home_ = false;   // `alone` is to be given up after the turn
  bool may_end_ = false;     // ending_is_over()
  // Written by the turn, read by all.
  std::atomic<life> life_{life::unborn};
  work_mark work_;
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::size_t> concurrency_;
  std::atomic<std::uint32_t> incarnation_{1};  // by its supervisor
  std::atomic<std::uint32_t> killed_{0};       // by any thread: which; 0: none
  // Written under the wait_graph's mutex, read by the turn.
  std::atomic<bool> muted_{false};
  std::atomic<bool> crowded_{false};  // it has muted others, or made them wait
  int muters_ = 0;                    // guarded by that mutex

  mailbox mailbox_;

  // The actor's turn only.
  bool for_good_ = false;      // finishing_ is not for the supervisor to judge
  bool published_ = false;     // its end was told
  bool in_hook_ = false;       // start_later(), or on_ending() needs turns
  bool drains_ = false;        // what was kept is to be finished
  std::uint64_t limited_ = 0;  // handled with a time limit
  std::optional<stop_reason> delayed_;  // it will end so: delays_end()
  std::optional<stop_reason> last_end_;
  // Apart: few actors ever have one.
  ref_ptr<turn_listener> told_at_end_;
  std::unique_ptr<fault> why_;
  std::unique_ptr<const fault> last_fault_;

  // Written by the turn, read by all.
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> handling_{0};  // with a time limit only
  std::atomic<stop_reason> end_reason_{stop_reason::stopped};
  std::atomic<std::uint64_t> overdue_{0};  // by the timer: which message

  bonds bonds_;

  std::mutex code_mutex_;
  completion* waits_for_ = nullptr;  // guarded by code_mutex_; see wait()

  actor_cell* next_ready_ = nullptr;  // guarded by the shared home's mutex
};

template <typename Call>
void actor_cell::run_limited(Call call) noexcept {
  if (setting_.time_limit == clock_duration::zero()) {
    call();
    return;
  }
  const limit begun = begin_limit();
  call();
  end_limit(begun);
}

}  // namespace troupe
