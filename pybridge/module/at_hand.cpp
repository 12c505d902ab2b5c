// SPDX-License-Identifier: Apache-2.0
// troupe.context: forward, reply_later.
#include "pybridge/module/at_hand.hpp"

#include <utility>

#include "actors/cell/actor_cell.hpp"
#include "base/roles.hpp"
#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/reply_object.hpp"
#include "pybridge/module/sender_object.hpp"

namespace troupe {
namespace {

// The number of the handler's task in whose name the code runs, or 0. False: an
// exception is set.
bool find_task(const module_state& state, std::uint64_t& number) {
  PyObject* found = nullptr;
  if (PyContextVar_Get(state.task_variable.get(), nullptr, &found) < 0) {
    return false;
  }
  const auto task = py_ref::steal(found);
  number = task ? PyLong_AsUnsignedLongLong(task.get()) : 0;
  return true;
}

// At hand, while its handler has not been suspended; then kept.
message_place find_message(const module_state& state) {
  const turn_scope in_turn;
  actor_cell* const cell = actor_cell::current();
  python_behaviour* const code = python_behaviour::current();
  std::uint64_t number = 0;
  if (cell == nullptr || code == nullptr || !find_task(state, number)) {
    PyErr_Clear();
    return {};
  }
  if (number == state.starting_task) {
    return {cell, cell->at_hand(), nullptr};
  }
  envelope_ptr* const kept = code->loop().message_of(number);
  return kept == nullptr ? message_place{}
                         : message_place{cell, kept->get(), kept};
}

PyObject* forward_as_it_is(const message_place& message, const actor_ref& to,
                           Py_ssize_t nargs, PyObject* kwnames) {
  if (nargs > 1 || kwnames != nullptr) {
    PyErr_SetString(PyExc_TypeError,
                    "forward(ref) hands the message on as it is; for another "
                    "handler or other arguments write "
                    "forward(ref.tell.HANDLER, ...)");
    return nullptr;
  }
  message.forward(to.cell());
  Py_RETURN_NONE;
}

PyObject* forward_another(module_state& state, PyObject* const* args,
                          Py_ssize_t nargs, PyObject* kwnames) {
  const auto target = target_of(state, args[0]);
  if (!target || target->ask) {
    PyErr_Format(PyExc_TypeError,
                 "forward() takes a ref, or ref.tell.HANDLER and its "
                 "arguments; not %R",
                 args[0]);
    return nullptr;
  }
  envelope_ptr other = make_envelope();
  if (!encode_message(state, args[0], args + 1,
                      static_cast<std::size_t>(nargs - 1), kwnames, *other)) {
    return nullptr;
  }
  // Encoding runs code of the user's, which may have forwarded it already.
  const message_place place = message_at_hand(state, "forward");
  if (!place) {
    return nullptr;
  }
  envelope* const e = place.message;
  e->kind = other->kind;
  e->outcome = false;
  e->selector = other->selector;
  e->content = std::move(other->content);
  place.forward(target->receiver.cell());
  Py_RETURN_NONE;
}

}  // namespace

void message_place::forward(actor_cell& to) const {
  const turn_scope in_turn;
  if (kept != nullptr) {
    cell->forward(std::move(*kept), to);
  } else {
    cell->forward(to);
  }
}

bool message_place::stash() const {
  const turn_scope in_turn;
  return kept != nullptr ? cell->stash(*kept) : cell->stash();
}

message_place message_at_hand(module_state& state, const char* method) {
  const message_place place = find_message(state);
  if (!place) {
    PyErr_Format(PyExc_RuntimeError,
                 "troupe.context.%s() is for the message at hand: in its "
                 "handler, and before that has handed it on by forward() or "
                 "put it aside by stash()",
                 method);
    return {};
  }
  if (place.message->deferred) {
    PyErr_Format(PyExc_RuntimeError,
                 "troupe.context.%s() comes too late: after reply_later() this "
                 "message is answered by its Reply, so it can't be forwarded, "
                 "stashed, or replied to later once more",
                 method);
    return {};
  }
  return place;
}

static PyObject* forward_message(module_state& state, PyObject* const* args,
                                 Py_ssize_t nargs, PyObject* kwnames) {
  if (nargs < 1) {
    PyErr_SetString(PyExc_TypeError, "forward() needs a ref: to whom");
    return nullptr;
  }
  const message_place message = message_at_hand(state, "forward");
  if (!message) {
    return nullptr;
  }
  const actor_ref* const to = actor_of(state, args[0]);
  return to != nullptr ? forward_as_it_is(message, *to, nargs, kwnames)
                       : forward_another(state, args, nargs, kwnames);
}

namespace {

PyObject* context_forward(PyObject* object, PyObject* const* args,
                          Py_ssize_t nargs, PyObject* kwnames) {
  return forward_message(state_of(object), args, nargs, kwnames);
}

PyObject* context_reply_later(PyObject* object, PyObject*) {
  return reply_later(state_of(object));
}

constexpr const char* forward_doc =
    R"doc(forward($self, to, /, *args, **kwargs)
--

Hands the message at hand on: its sender and its asker stay who they are.

forward(ref): as it is, to the handler of the same name. forward(ref.tell.HANDLER,
arguments...): as another message. Whoever gets it answers; what this handler
returns is ignored. In an async handler at any time until that is done, and in
the tasks that it has made. Raises RuntimeError if there is no message at hand,
the second time, and after stash() or reply_later().

>>> @troupe.handler
... def top(n):
...     troupe.context.forward(counter)
)doc";

constexpr const char* reply_later_doc = R"doc(reply_later($self)
--

A troupe.Reply, by which the message at hand is answered later.

What this handler returns is ignored; what it raises is still the answer, if the
Reply hasn't been used. Raises RuntimeError as forward() does.)doc";

const PyMethodDef answers_methods[] = {
    {"forward", as_method(context_forward), METH_FASTCALL | METH_KEYWORDS,
     forward_doc},
    {"reply_later", context_reply_later, METH_NOARGS, reply_later_doc},
};

}  // namespace

context_part context_answers() noexcept {
  return {answers_methods, {}};
}

}  // namespace troupe
