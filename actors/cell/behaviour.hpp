// SPDX-License-Identifier: Apache-2.0
// What an actor does: the interface that C++ actors and the Python bridge
// implement. All calls come on the actor's own turn, one at a time, on any
// worker, with the isolate entered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/actor_id.hpp"
#include "actors/asking/completion.hpp"
#include "base/ref_counted.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

class actor_cell;
class end_notice;

/// Names a timer of an actor; chosen by its behaviour.
enum class timer_token : std::uint64_t {};

/// What ends a running handler.
enum class interrupt_kind : std::uint8_t { kill, time_limit };

class behaviour : public ref_counted {
public:
  /// First of all. A fault means that the incarnation never was. A start that
  /// needs more turns says so: see actor_cell::start_later().
  virtual std::optional<fault> on_start(actor_cell& self) {
    static_cast<void>(self);
    return std::nullopt;
  }
  /// One message. May take what it needs out of `e`, or all of it: see
  /// actor_cell::keep(), stash() and forward(). Outcomes other than "handled"
  /// are told to `self`: answer(), fail(), stop_self().
  virtual void on_message(actor_cell& self, envelope& e) = 0;
  /// A `ready` signal that the behaviour asked for has come.
  virtual void on_ready(actor_cell& self) { static_cast<void>(self); }
  /// A timer has gone off, and was not cancelled since.
  virtual void on_timer(actor_cell& self, timer_token which) {
    static_cast<void>(self);
    static_cast<void>(which);
  }
  /// An actor that this one watches has ended; its last message came before.
  virtual void on_down(actor_cell& self, const end_notice& what) {
    static_cast<void>(self);
    static_cast<void>(what);
  }
  /// An actor that this one is linked to has ended, and it traps that.
  virtual void on_exit(actor_cell& self, const end_notice& what) {
    static_cast<void>(self);
    static_cast<void>(what);
  }
  /// No message has come for as long as set_receive_timeout() said.
  virtual void on_receive_timeout(actor_cell& self) { static_cast<void>(self); }
  /// The incarnation is told to end, by a stop or its supervisor. True: it has
  /// to see to something first, and calls actor_cell::end_now() when it has.
  virtual bool delays_end(actor_cell& self, stop_reason reason) {
    static_cast<void>(self);
    static_cast<void>(reason);
    return false;
  }
  /// The incarnation is to end, and was not killed. True: that needs more
  /// turns, in which on_ready() is called and no message comes, until
  /// actor_cell::ending_is_over() or a kill. `drain`: what was kept is to be
  /// finished, else given up.
  virtual bool on_ending(actor_cell& self, stop_reason reason, bool drain) {
    static_cast<void>(self);
    static_cast<void>(reason);
    static_cast<void>(drain);
    return false;
  }
  /// After on_ending() with `drain`: what it finishes is to be given up.
  virtual void on_hurry(actor_cell& self) { static_cast<void>(self); }
  /// Last of all, always: lets go of everything that needs the isolate. The
  /// object itself may outlive the actor, on any thread. Messages that were
  /// kept are given back, see actor_cell::release().
  virtual void on_stop(actor_cell& self, stop_reason reason) noexcept {
    static_cast<void>(self);
    static_cast<void>(reason);
  }
  /// This message was put aside, see actor_cell::stash().
  virtual void on_stash(actor_cell& self, const envelope& e) {
    static_cast<void>(self);
    static_cast<void>(e);
  }
  /// Any thread, of a cell that is far(): `other` has linked itself to `self`,
  /// or, not `linked`, ended that.
  virtual void on_link(actor_cell& self, actor_cell& other, bool linked) {
    static_cast<void>(self);
    static_cast<void>(other);
    static_cast<void>(linked);
  }
  /// Any thread, of a cell that is far(): actor_cell::stop() was called. From
  /// now on no message is to be begun, although the turn that ends the actor is
  /// yet to come.
  virtual void on_told_to_stop() noexcept {}
  /// Any thread: what it is, for people; a word or two.
  virtual std::string describe() const { return {}; }
  /// Any thread: somebody has given up a request that may be among those kept.
  /// on_ready() follows.
  virtual void on_given_up() noexcept {}
  /// Any thread: end a running on_message() if that can be done; for a time
  /// limit, only if actor_cell::is_handling(`message`) still.
  virtual void interrupt(actor_cell& self, interrupt_kind kind,
                         std::uint64_t message) noexcept {
    static_cast<void>(self);
    static_cast<void>(kind);
    static_cast<void>(message);
  }
};

/// Who has something to do when a turn is over, such as to send off together
/// what the turn has left to be sent.
class turn_listener : public ref_counted {
public:
  /// On the turn's thread, outside of the isolate of an actor that has its own.
  virtual void on_turn_end() noexcept = 0;
};

/// Where code of actors runs: an interpreter, or nothing for C++ actors.
class isolate : public ref_counted {
public:
  /// Around each turn, on the turn's thread. (An interpreter attaches.)
  virtual void enter() noexcept = 0;
  virtual void leave() noexcept = 0;
};

/// One life of an actor's code; a restart begins another.
struct incarnation {
  ref_ptr<behaviour> code;
  ref_ptr<isolate> alone;  // its own isolate, if it has one
};

/// Makes incarnations for restarts.
class incarnation_source : public ref_counted {
public:
  /// On the actor's turn. For an actor with an isolate of its own: outside of
  /// any isolate, in a blocking_region. In a shared home: in its isolate, and
  /// must not block.
  virtual result<incarnation> make() = 0;
};

/// Who decides what becomes of an actor whose incarnation has ended. Such an
/// actor then waits for actor_cell::restart() or terminate().
class child_observer : public ref_counted {
public:
  /// On the child's turn; must be brief. `why`: for abnormal ends, may be null.
  virtual void on_child_down(actor_cell& child, stop_reason reason,
                             const fault* why) noexcept = 0;
  /// A start, of the first incarnation or of a later one, is over. If it
  /// failed, `why_not` says so, and on_child_down() (unstarted) follows.
  virtual void on_child_started(actor_cell& child,
                                const fault* why_not) noexcept = 0;
  /// It has ended for good.
  virtual void on_child_ended(actor_cell& child,
                              stop_reason reason) noexcept = 0;
};

}  // namespace troupe
