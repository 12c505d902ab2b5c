// SPDX-License-Identifier: Apache-2.0
// troupe.context: forward, reply_later.
#include "pybridge/module/at_hand.hpp"

#include <utility>

#include "actors/cell/actor_cell.hpp"
#include "base/roles.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/reply_object.hpp"
#include "pybridge/module/sender_object.hpp"

namespace troupe {
namespace {

// Whether the code that runs is about the message at hand: tasks of other
// messages run beside it.
bool is_ours(const module_state& state) {
  PyObject* found = nullptr;
  if (PyContextVar_Get(state.task_variable.get(), nullptr, &found) < 0) {
    PyErr_Clear();
    return false;
  }
  const auto task = py_ref::steal(found);
  return (task ? PyLong_AsUnsignedLongLong(task.get()) : 0) ==
         state.starting_task;
}

// For forward(). Null: an exception is set.
envelope* undeferred(module_state& state) {
  envelope* const e = message_at_hand(state, "forward");
  if (e != nullptr && e->deferred) {
    PyErr_SetString(PyExc_RuntimeError,
                    "this message can't be forwarded: after reply_later() its "
                    "answer is this actor's affair");
    return nullptr;
  }
  return e;
}

PyObject* forward_as_it_is(actor_cell& cell, const actor_ref& to,
                           Py_ssize_t nargs, PyObject* kwnames) {
  if (nargs > 1 || kwnames != nullptr) {
    PyErr_SetString(PyExc_TypeError,
                    "forward(ref) hands the message on as it is; for another "
                    "handler or other arguments write "
                    "forward(ref.tell.HANDLER, ...)");
    return nullptr;
  }
  const turn_scope in_turn;
  cell.forward(to.cell());
  Py_RETURN_NONE;
}

PyObject* forward_another(module_state& state, actor_cell& cell,
                          PyObject* const* args, Py_ssize_t nargs,
                          PyObject* kwnames) {
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
  const turn_scope in_turn;
  // Encoding runs code of the user's, which may have forwarded it already.
  envelope* const e = undeferred(state);
  if (e == nullptr) {
    return nullptr;
  }
  e->kind = other->kind;
  e->outcome = false;
  e->selector = other->selector;
  e->content = std::move(other->content);
  cell.forward(target->receiver.cell());
  Py_RETURN_NONE;
}

}  // namespace

envelope* message_at_hand(module_state& state, const char* method) {
  actor_cell* const cell = actor_cell::current();
  const turn_scope in_turn;
  envelope* const e =
      cell != nullptr && is_ours(state) ? cell->at_hand() : nullptr;
  if (e == nullptr) {
    PyErr_Format(PyExc_RuntimeError,
                 "troupe.context.%s() is for the message at hand: in a "
                 "handler, once, and in an async one before its first await",
                 method);
  }
  return e;
}

static PyObject* forward_message(module_state& state, PyObject* const* args,
                                 Py_ssize_t nargs, PyObject* kwnames) {
  if (nargs < 1) {
    PyErr_SetString(PyExc_TypeError, "forward() needs a ref: to whom");
    return nullptr;
  }
  if (undeferred(state) == nullptr) {
    return nullptr;
  }
  actor_cell& cell = *actor_cell::current();
  const actor_ref* const to = actor_of(state, args[0]);
  return to != nullptr ? forward_as_it_is(cell, *to, nargs, kwnames)
                       : forward_another(state, cell, args, nargs, kwnames);
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
returns is ignored. Raises RuntimeError if there is no message at hand, in an
async handler after its first await, and the second time.

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
