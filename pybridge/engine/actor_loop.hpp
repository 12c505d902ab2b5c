// SPDX-License-Identifier: Apache-2.0
// The asyncio event loop of one actor (troupe._loop.ActorLoop), made when its
// first coroutine runs, and the handlers that are suspended in it.
//
// Everything here is for the actor's turns, attached to its interpreter.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/py_ref.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class actor_loop {
public:
  /// A coroutine that is done: its task, and the message it was about, if any.
  struct finished {
    py_ref task;
    envelope_ptr message;
    std::string what;  // else: what to call it
  };

  explicit operator bool() const noexcept { return static_cast<bool>(loop_); }

  /// Runs a coroutine until it first suspends. The task, done or not; null with
  /// an exception set.
  py_ref start(module_state& state, PyObject* coroutine, actor_id sender);
  /// A coroutine that awaits this one, and raises HandlerTimeout if that lasts
  /// for longer. Null: an exception is set.
  py_ref limit(PyObject* coroutine, clock_duration time);
  /// Has take_finished() answer this task, which is not done, when it is.
  void hold(const py_ref& task, envelope_ptr message, std::string what) {
    in_flight_.emplace(task.get(),
                       finished{task, std::move(message), std::move(what)});
  }
  /// Whether callbacks wait that nobody has announced: a plain handler may
  /// have called call_soon().
  bool has_ready() const noexcept;
  /// A turn's share of what is ready. False: an exception is set.
  [[nodiscard]] bool drive();
  /// Those that are done since the last call.
  std::vector<finished> take_finished();
  /// Those that are not done, when the loop is at its end.
  std::vector<finished> take_all();

  /// A coroutine that ends what is in flight, then calls `stopping(reason)`, or
  /// awaits `stopping`, or neither if that is None; then closes what is left.
  /// Null: an exception is set.
  py_ref ending(bool drain, PyObject* stopping, const char* reason);
  /// The actor has ended: what is still there is let go of.
  void close() noexcept;

private:
  bool make();

  py_ref loop_;
  // Of loop_, constant from then on.
  py_ref start_;
  py_ref drive_;
  py_ref ready_;     // the queue of callbacks
  py_ref finished_;  // the list of tasks that are done

  std::unordered_map<PyObject*, finished> in_flight_;  // by task
};

/// task.result(): null with an exception set if it raised or was cancelled.
py_ref result_of(const py_ref& task);
bool is_done(const py_ref& task);
/// Whether the exception that is set is asyncio's CancelledError.
bool is_cancellation();

}  // namespace troupe
