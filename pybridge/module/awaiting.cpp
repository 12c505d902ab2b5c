// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/awaiting.hpp"

#include <optional>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/roles.hpp"
#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/deadlock.hpp"
#include "pybridge/module/future_object.hpp"

namespace troupe {
namespace {

// What the wait of this task holds up. Nothing: nobody, or nobody knows.
std::optional<suspension> suspension_of(actor_cell& cell,
                                        python_behaviour& code,
                                        PyObject* task) {
  const turn_scope in_turn;
  using about = actor_loop::about;
  envelope* message = cell.at_hand();  // until it suspends for the first time
  const auto kind = code.loop().handler_kind(task, message);
  if (!kind || *kind == about::other) {
    return std::nullopt;
  }
  const bool answers = message != nullptr && !message->deferred;
  return suspension{
      ref_ptr<actor_cell>{&cell},
      {},
      answers ? static_cast<completion*>(message->reply_to.get()) : nullptr,
      *kind == about::start};
}

}  // namespace

PyObject* begin_await(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  actor_cell* const cell = actor_cell::current();
  python_behaviour* const code = python_behaviour::current();
  auto what = nargs == 2 && cell != nullptr && code != nullptr
                  ? suspension_of(*cell, *code, args[0])
                  : std::nullopt;
  if (!what) {
    return PyLong_FromLong(0);
  }
  what->answer = ref_ptr<completion>{&answer_of(args[1])};
  wait_graph::ticket mine = 0;
  const auto cycle = cell->system().waits().begin_await(std::move(*what), mine);
  if (!cycle.empty()) {
    raise_deadlock(cycle, true);
    return nullptr;
  }
  return PyLong_FromUnsignedLongLong(mine);
}

// Elsewhere than on a turn of its actor there is nothing to do: the actor's end
// has seen to it.
PyObject* end_await(PyObject*, PyObject* ticket) {
  const auto which = PyLong_AsUnsignedLongLong(ticket);
  if (PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  if (actor_cell* const cell = actor_cell::current()) {
    cell->system().waits().end_await(cell->id(), which);
  }
  Py_RETURN_NONE;
}

}  // namespace troupe
