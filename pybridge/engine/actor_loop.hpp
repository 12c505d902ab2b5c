// SPDX-License-Identifier: Apache-2.0
// The asyncio event loop of one actor (troupe._loop.ActorLoop), made when its
// first coroutine runs, and the handlers that are suspended in it.
//
// Everything here is for the actor's turns, attached to its interpreter. The
// loop itself admits no interrupt; what it runs does (troupe._core.Waker.run).
#pragma once

#include "pybridge/python.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/actor_id.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/py_ref.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class actor_loop {
public:
  enum class about : std::uint8_t { message, start, other };
  /// A coroutine that was held: its task, and the message it is about, unless
  /// that was given away.
  struct held {
    py_ref task;
    about kind;
    envelope_ptr message;
    std::string what;  // what to call it without a message
    std::uint64_t number = 0;
    bool cancelled = false;  // because its request was given up
  };

  explicit actor_loop(interpreter& home) noexcept : home_{home} {}

  explicit operator bool() const noexcept { return static_cast<bool>(loop_); }

  /// Runs a coroutine until it first suspends. The task, done or not; null with
  /// an exception set.
  py_ref start(module_state& state, PyObject* coroutine, actor_id sender,
               about kind);
  /// A coroutine that awaits this one, and raises HandlerTimeout if that lasts
  /// for longer. Null: an exception is set.
  py_ref limit(PyObject* coroutine, clock_duration time);
  /// Has take_finished() answer the task that was started last, which is not
  /// done, when it is.
  void hold(const py_ref& task, about kind, envelope_ptr message,
            std::string what) {
    in_flight_.emplace(task.get(), held{task, kind, std::move(message),
                                        std::move(what), last_started_});
  }
  /// What this task is the handler of; nothing for a task that a handler has
  /// made. If it is held: `message` becomes the one with it, or null. Borrowed.
  std::optional<about> handler_kind(PyObject* task, envelope*& message);
  /// Where the message is that the task of this number is about; null if it is
  /// done, or not held yet.
  envelope_ptr* message_of(std::uint64_t number) noexcept;
  /// Cancels those whose requests were given up. False: there are none.
  bool cancel_given_up();
  /// After ending(): what is drained is to be cancelled.
  void hurry();
  /// Whether callbacks wait that nobody has announced: a plain handler may
  /// have called call_soon().
  bool has_ready() const noexcept;
  /// A turn's share of what is ready. False: an exception is set.
  [[nodiscard]] bool drive();
  /// Those that are done since the last call.
  std::vector<held> take_finished();
  /// Those that are not done, when the loop is at its end.
  std::vector<held> take_all();

  /// A coroutine that ends what is in flight, then calls `stopping(reason)`, or
  /// awaits `stopping`, or neither if that is None; then closes what is left.
  /// Null: an exception is set.
  py_ref ending(bool drain, PyObject* stopping, const char* reason);
  /// The actor has ended: what is still there is let go of.
  void close() noexcept;

private:
  bool make();
  py_ref call(const char* method);

  interpreter& home_;  // outlives it
  py_ref loop_;
  // Of loop_, constant from then on.
  py_ref start_;
  py_ref drive_;
  py_ref ready_;     // the queue of callbacks
  py_ref finished_;  // the list of tasks that are done

  std::unordered_map<PyObject*, held> in_flight_;  // by task
  // What start() runs, until it has suspended. Borrowed.
  PyObject* starting_ = nullptr;
  about starting_kind_ = about::other;
  std::uint64_t last_started_ = 0;
};

/// Whether somebody asked, and has given up.
bool is_given_up(const envelope& e) noexcept;
/// task.result(): null with an exception set if it raised or was cancelled.
py_ref result_of(const py_ref& task);
bool is_done(const py_ref& task);
/// Whether the exception that is set is asyncio's CancelledError.
bool is_cancellation();

}  // namespace troupe
