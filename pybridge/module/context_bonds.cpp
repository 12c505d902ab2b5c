// SPDX-License-Identifier: Apache-2.0
// troupe.context: watch, unwatch, link, unlink, trap_exit.
#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "base/roles.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

constexpr const char* no_such_actor = "no_such_actor";

// Who is meant by a Ref or a name. False: an exception is set; a null cell:
// nobody has that name.
bool find_other(PyObject* context, const actor_at_hand& here, PyObject* other,
                const char* method, ref_ptr<actor_cell>& out) {
  if (const actor_ref* ref = actor_of(state_of(context), other)) {
    out = ref_ptr<actor_cell>{&ref->cell()};
    return true;
  }
  if (!PyUnicode_Check(other)) {
    PyErr_Format(PyExc_TypeError,
                 "context.%s() takes a Ref or an actor's name, not %s", method,
                 Py_TYPE(other)->tp_name);
    return false;
  }
  const char* name = PyUnicode_AsUTF8(other);
  if (name == nullptr) {
    return false;
  }
  if (const auto found = here.cell->system().lookup(name)) {
    out = ref_ptr<actor_cell>{&found->cell()};
  }
  return true;
}

// A notice that comes at once, like those of actors that have ended.
PyObject* tell_no_such_actor(const actor_at_hand& here, PyObject* name,
                             const char* type, callback_timers::kind kind) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._notices"));
  auto notice = py_ref::steal(
      module ? PyObject_CallMethod(module.get(), type, "OsOO", Py_None,
                                   no_such_actor, Py_None, name)
             : nullptr);
  timer_token token{};
  if (!notice || !here.code->timers().start(*here.cell,
                                            {.what = kind,
                                             .function = std::move(notice),
                                             .arguments = {},
                                             .key = {}},
                                            {}, {}, token)) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* context_watch(PyObject* object, PyObject* other) {
  const actor_at_hand here = find_actor_at_hand();
  ref_ptr<actor_cell> found;
  if (!here || !find_other(object, here, other, "watch", found)) {
    return nullptr;
  }
  if (found == nullptr) {
    return tell_no_such_actor(here, other, "Down", callback_timers::kind::down);
  }
  const turn_scope in_turn;
  here.cell->watch(*found);
  Py_RETURN_NONE;
}

PyObject* context_unwatch(PyObject* object, PyObject* other) {
  const actor_at_hand here = find_actor_at_hand();
  ref_ptr<actor_cell> found;
  if (!here || !find_other(object, here, other, "unwatch", found)) {
    return nullptr;
  }
  const turn_scope in_turn;
  if (found != nullptr) {
    here.cell->unwatch(*found);
  }
  Py_RETURN_NONE;
}

PyObject* context_link(PyObject* object, PyObject* other) {
  const actor_at_hand here = find_actor_at_hand();
  ref_ptr<actor_cell> found;
  if (!here || !find_other(object, here, other, "link", found)) {
    return nullptr;
  }
  const turn_scope in_turn;
  if (found != nullptr) {
    here.cell->link(*found);
  } else if (here.cell->traps_exit()) {
    return tell_no_such_actor(here, other, "Exit", callback_timers::kind::exit);
  } else {
    here.cell->fail_self(
        {make_error(errc::failed, "actor '" + here.cell->name() +
                                      "' links itself to '" +
                                      PyUnicode_AsUTF8(other) +
                                      "', and there is no such actor"),
         {}});
  }
  Py_RETURN_NONE;
}

PyObject* context_unlink(PyObject* object, PyObject* other) {
  const actor_at_hand here = find_actor_at_hand();
  ref_ptr<actor_cell> found;
  if (!here || !find_other(object, here, other, "unlink", found)) {
    return nullptr;
  }
  const turn_scope in_turn;
  if (found != nullptr) {
    here.cell->unlink(*found);
  }
  Py_RETURN_NONE;
}

PyObject* context_trap_exit(PyObject*, void*) {
  const actor_cell* cell = current_cell();
  const turn_scope in_turn;
  return cell == nullptr ? nullptr : PyBool_FromLong(cell->traps_exit());
}

int context_set_trap_exit(PyObject*, PyObject* value, void*) {
  actor_cell* cell = current_cell();
  if (cell == nullptr) {
    return -1;
  }
  if (value == nullptr || !PyBool_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "context.trap_exit is True or False");
    return -1;
  }
  const turn_scope in_turn;
  cell->trap_exit(value == Py_True);
  return 0;
}

constexpr const char* watch_doc = R"doc(watch($self, actor, /)
--

Asks for one troupe.Down when an actor, a Ref or a name, has ended.

It comes after the last message of that actor, at once if it has ended already or
nobody has that name, to this actor's down(notice), or else to its receive().
Watching twice is watching once. It ends with this incarnation of the actor.

>>> def down(notice):
...     print(notice.ref.name, notice.reason, notice.error))doc";

constexpr const char* unwatch_doc = R"doc(unwatch($self, actor, /)
--

Takes back watch(): no notice comes any more, even if the actor has ended.)doc";

constexpr const char* link_doc = R"doc(link($self, actor, /)
--

Ties this actor's life to another's, a Ref or a name: both ways.

When one of the two fails or is killed, so does the other; a normal end (stop,
shutdown) leaves the other alone. One with trap_exit is told instead, of both
kinds of end. To link to an actor that has failed already, or to a name that
nobody has, ends this actor after the message at hand.)doc";

constexpr const char* unlink_doc = R"doc(unlink($self, actor, /)
--

Takes back link(), both ways.)doc";

constexpr const char* trap_exit_doc =
    "Whether the end of a linked actor is told by a troupe.Exit, to "
    "exited(notice) or\nelse receive(), instead of ending this actor too. "
    "Can be set; False at first.";

constexpr PyMethodDef methods[] = {
    {"watch", context_watch, METH_O, watch_doc},
    {"unwatch", context_unwatch, METH_O, unwatch_doc},
    {"link", context_link, METH_O, link_doc},
    {"unlink", context_unlink, METH_O, unlink_doc},
};

constexpr PyGetSetDef properties[] = {
    {"trap_exit", context_trap_exit, context_set_trap_exit, trap_exit_doc,
     nullptr},
};

}  // namespace

context_part context_bonds() noexcept {
  return {methods, properties};
}

}  // namespace troupe
