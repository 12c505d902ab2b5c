// SPDX-License-Identifier: Apache-2.0
// troupe.context: become, unbecome, stash, unstash_all, stashed.
#include <string>
#include <utility>

#include "base/roles.hpp"
#include "pybridge/module/at_hand.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

PyObject* context_become(PyObject*, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"", "keep", nullptr};
  PyObject* handlers = nullptr;
  int keep = 0;
  const actor_at_hand here = find_actor_at_hand();
  if (!here || !PyArg_ParseTupleAndKeywords(args, kwargs, "O|$p:become",
                                            const_cast<char**>(names),
                                            &handlers, &keep)) {
    return nullptr;
  }
  const auto parts_of = actor_function("behaviour_of");
  const auto parts = py_ref::steal(
      parts_of ? PyObject_CallOneArg(parts_of.get(), handlers) : nullptr);
  handler_table next;
  if (!parts || !next.read(parts.get())) {
    return nullptr;
  }
  here.code->become(std::move(next), keep != 0);
  Py_RETURN_NONE;
}

PyObject* context_unbecome(PyObject*, PyObject*) {
  const actor_at_hand here = find_actor_at_hand();
  return here ? PyBool_FromLong(here.code->unbecome()) : nullptr;
}

PyObject* context_stash(PyObject* object, PyObject*) {
  const actor_cell* const cell = current_cell();
  const message_place message =
      cell == nullptr ? message_place{}
                      : message_at_hand(state_of(object), "stash");
  if (!message) {
    return nullptr;
  }
  if (!message.stash()) {
    return raise_named("StashFull",
                       ("actor '" + cell->name() + "' has put aside " +
                        std::to_string(cell->stash_capacity()) +
                        " messages, as many as spawn(stash=...) allows")
                           .c_str());
  }
  Py_RETURN_NONE;
}

PyObject* context_unstash_all(PyObject*, PyObject*) {
  actor_cell* const cell = current_cell();
  if (cell == nullptr) {
    return nullptr;
  }
  const turn_scope in_turn;
  cell->unstash_all();
  Py_RETURN_NONE;
}

PyObject* context_stashed(PyObject*, void*) {
  const actor_cell* const cell = current_cell();
  const turn_scope in_turn;
  return cell == nullptr ? nullptr : PyLong_FromSize_t(cell->stashed());
}

constexpr const char* become_doc =
    R"doc(become($self, handlers, /, *, keep=False)
--

From the next message on this actor behaves in another way.

handlers: a callable, which takes the place of receive(); a dict of callables by
    handler name; or an object, class or module that has handlers
    (@troupe.handler) or receive(), as an actor has. What it doesn't handle is
    a dead letter (`no_handler`).
keep: the behaviour until now comes back with unbecome(); else the new one takes
    its place. The actor's own behaviour is never lost.

Its down(), exited() and timed_out(), if it has them, take the place of the
actor's; stopping() is always the actor's own.

>>> troupe.context.become({"open": open_it, "knock": answer})
>>> troupe.context.become(while_busy, keep=True))doc";

constexpr const char* unbecome_doc = R"doc(unbecome($self)
--

Takes back the last become(); returns False if there was none.)doc";

constexpr const char* stash_doc = R"doc(stash($self)
--

Puts the message at hand aside, until unstash_all().

What the handler returns then answers nobody: a request stays open, and is
answered when it is handled. Raises StashFull when as many are put aside as
spawn(stash=...) allows (1000 if it says nothing), and RuntimeError if there is
no message at hand, and after forward() or reply_later(). What is put aside when
the actor ends becomes dead letters.)doc";

constexpr const char* unstash_doc = R"doc(unstash_all($self)
--

What was put aside comes next, in the old order, before all that waits.)doc";

const PyMethodDef methods[] = {
    {"become", as_method(context_become), METH_VARARGS | METH_KEYWORDS,
     become_doc},
    {"unbecome", context_unbecome, METH_NOARGS, unbecome_doc},
    {"stash", context_stash, METH_NOARGS, stash_doc},
    {"unstash_all", context_unstash_all, METH_NOARGS, unstash_doc},
};

const PyGetSetDef properties[] = {
    {"stashed", context_stashed, nullptr, "How many messages are put aside.",
     nullptr},
};

}  // namespace

context_part context_states() noexcept {
  return {methods, properties};
}

}  // namespace troupe
