// SPDX-License-Identifier: Apache-2.0
// What an actor does: the interface that C++ actors and the Python bridge
// implement. All calls come on the actor's own turn, one at a time, on any
// worker, with the isolate entered.
#pragma once

#include <optional>

#include "actors/actor_id.hpp"
#include "actors/completion.hpp"
#include "base/ref_counted.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

class actor_cell;

class behaviour : public ref_counted {
public:
  /// First of all. A fault means that the actor never was.
  virtual std::optional<fault> on_start(actor_cell& self) {
    static_cast<void>(self);
    return std::nullopt;
  }
  /// One message. May take what it needs out of `e`. Outcomes other than
  /// "handled" are told to `self`: answer(), fail(), stop_self().
  virtual void on_message(actor_cell& self, envelope& e) = 0;
  /// A `ready` signal that the behaviour asked for has come.
  virtual void on_ready(actor_cell& self) { static_cast<void>(self); }
  /// Last of all, always: lets go of everything that needs the isolate. The
  /// object itself may outlive the actor, on any thread.
  virtual void on_stop(actor_cell& self, stop_reason reason) noexcept {
    static_cast<void>(self);
    static_cast<void>(reason);
  }
  /// Any thread: the actor is being killed; end a running on_message() if that
  /// can be done.
  virtual void interrupt() noexcept {}
};

/// Where code of actors runs: an interpreter, or nothing for C++ actors.
class isolate : public ref_counted {
public:
  /// Around each turn, on the turn's thread. (An interpreter attaches.)
  virtual void enter() noexcept = 0;
  virtual void leave() noexcept = 0;
};

}  // namespace troupe
