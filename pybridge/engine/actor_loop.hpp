// SPDX-License-Identifier: Apache-2.0
// The asyncio event loop of one actor (troupe._loop.ActorLoop), made when its
// first coroutine runs, and the handlers that are suspended in it.
//
// Everything here is for the actor's turns, attached to its interpreter.
#pragma once

#include "pybridge/python.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

class actor_loop {
public:
  /// A handler that is done: its task, and the message that it handled.
  struct finished {
    py_ref task;
    envelope_ptr message;
  };

  explicit operator bool() const noexcept { return static_cast<bool>(loop_); }

  /// Runs a handler until it first suspends. The task, done or not; null with
  /// an exception set.
  py_ref start(module_state& state, py_ref coroutine, actor_id sender);
  /// Holds the message of a task that is not done.
  void hold(py_ref task, envelope_ptr message) {
    PyObject* const key = task.get();
    in_flight_.emplace(key, finished{std::move(task), std::move(message)});
  }
  /// Whether callbacks wait that nobody has announced: a plain handler may
  /// have called call_soon().
  bool has_ready() const noexcept;
  /// A turn's share of what is ready. False: an exception is set.
  [[nodiscard]] bool drive();
  /// Those that are done since the last call.
  std::vector<finished> take_finished();
  std::vector<finished> take_all();
  std::size_t in_flight() const noexcept { return in_flight_.size(); }

  /// Runs a coroutine to its end, blocking. Null: an exception is set.
  py_ref finish(module_state& state, py_ref coroutine);
  /// The actor has ended: cancels what is left, and waits for that unless it
  /// was killed. Reports what goes wrong as unraisable.
  void end(bool killed) noexcept;

private:
  bool make(module_state& state);

  py_ref loop_;
  // Of loop_, constant from then on.
  py_ref start_;
  py_ref drive_;
  py_ref ready_;     // the queue of callbacks
  py_ref finished_;  // the list of tasks that are done

  std::unordered_map<PyObject*, finished> in_flight_;  // by task
};

/// task.result(): null with an exception set if it raised or was cancelled.
py_ref result_of(PyObject* task);
bool is_done(PyObject* task);

}  // namespace troupe
