// SPDX-License-Identifier: Apache-2.0
// troupe.context: after, every, cancel_timer, receive_timeout; troupe.Timer.
#include <cmath>
#include <new>
#include <utility>

#include "base/roles.hpp"
#include "pybridge/module/context_parts.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

struct timer_object {
  PyObject_HEAD ref_ptr<actor_cell> owner;
  timer_token token;
};

timer_object* as_timer(PyObject* object) {
  return reinterpret_cast<timer_object*>(object);
}

PyObject* make_timer(module_state& state, actor_cell& owner,
                     timer_token token) {
  PyTypeObject* type = state.timer_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_timer(object)->owner) ref_ptr<actor_cell>{&owner};
    as_timer(object)->token = token;
  }
  return object;
}

// Empty, with an exception set, outside of its own actor.
actor_at_hand owner_at_hand(PyObject* timer) {
  const actor_at_hand here = find_actor_at_hand();
  if (here && here.cell != as_timer(timer)->owner.get()) {
    PyErr_Format(PyExc_RuntimeError,
                 "this Timer belongs to actor '%s' and is for its handlers",
                 as_timer(timer)->owner->name().c_str());
    return {};
  }
  return here;
}

PyObject* timer_cancel(PyObject* object, PyObject*) {
  const actor_at_hand here = owner_at_hand(object);
  return here ? PyBool_FromLong(here.code->timers().cancel(
                    *here.cell, as_timer(object)->token))
              : nullptr;
}

PyObject* timer_active(PyObject* object, void*) {
  const actor_at_hand here = owner_at_hand(object);
  return here ? PyBool_FromLong(
                    here.code->timers().contains(as_timer(object)->token))
              : nullptr;
}

void timer_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  as_timer(object)->owner.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

// A number of seconds that is at least 0, or more than 0.
bool read_seconds(PyObject* value, const char* what, bool or_zero,
                  clock_duration& out) {
  if (!PyFloat_Check(value) && !PyLong_Check(value) &&
      Py_TYPE(value)->tp_as_number == nullptr) {
    PyErr_Format(PyExc_TypeError, "%s takes seconds, a number; not %s", what,
                 Py_TYPE(value)->tp_name);
    return false;
  }
  std::optional<std::chrono::nanoseconds> seconds;
  if (!read_timeout(value, seconds)) {
    return false;
  }
  const double given = PyFloat_AsDouble(value);
  if (given < 0 || (given == 0 && !or_zero)) {
    PyErr_Format(PyExc_ValueError, "%s takes %s seconds, not %R", what,
                 or_zero ? "0 or more" : "more than 0", value);
    return false;
  }
  // A period of less than a nanosecond is none.
  out = seconds ? std::max<clock_duration>(*seconds,
                                           clock_duration{or_zero ? 0 : 1})
                : clock_duration::max();
  return true;
}

struct timer_arguments {
  clock_duration seconds{};
  clock_duration first{};
  callback_timers::entry entry;
};

// after(seconds, function, *args, key=None), and every() with first=None.
bool read_arguments(const char* name, PyObject* args, PyObject* kwargs,
                    bool repeats, timer_arguments& out) {
  static const char* after_names[] = {"key", nullptr};
  static const char* every_names[] = {"key", "first", nullptr};
  const std::string what = "context." + std::string{name} + "()";
  if (PyTuple_GET_SIZE(args) < 2) {
    PyErr_Format(PyExc_TypeError,
                 "%s takes seconds, a function, and its arguments",
                 what.c_str());
    return false;
  }
  PyObject* key = Py_None;
  PyObject* first = Py_None;
  const auto none = py_ref::steal(PyTuple_New(0));
  if (!none ||
      !PyArg_ParseTupleAndKeywords(
          none.get(), kwargs, repeats ? "|$OO:every" : "|$O:after",
          const_cast<char**>(repeats ? every_names : after_names), &key,
          &first) ||
      !read_seconds(PyTuple_GET_ITEM(args, 0), what.c_str(), !repeats,
                    out.seconds)) {
    return false;
  }
  out.first = out.seconds;
  if (first != Py_None &&
      !read_seconds(first, "context.every(first=...)", true, out.first)) {
    return false;
  }
  PyObject* const function = PyTuple_GET_ITEM(args, 1);
  if (!PyCallable_Check(function)) {
    PyErr_Format(PyExc_TypeError, "%s takes a function, not %s", what.c_str(),
                 Py_TYPE(function)->tp_name);
    return false;
  }
  out.entry.function = py_ref::borrow(function);
  out.entry.arguments =
      py_ref::steal(PyTuple_GetSlice(args, 2, PyTuple_GET_SIZE(args)));
  out.entry.key = py_ref::borrow(key == Py_None ? nullptr : key);
  out.entry.repeats = repeats;
  return static_cast<bool>(out.entry.arguments);
}

PyObject* start_timer(PyObject* object, PyObject* args, PyObject* kwargs,
                      bool repeats) {
  const actor_at_hand here = find_actor_at_hand();
  timer_arguments what;
  timer_token token{};
  if (!here ||
      !read_arguments(repeats ? "every" : "after", args, kwargs, repeats,
                      what) ||
      !here.code->timers().start(*here.cell, std::move(what.entry), what.first,
                                 repeats ? what.seconds : clock_duration{},
                                 token)) {
    return nullptr;
  }
  return make_timer(state_of(object), *here.cell, token);
}

PyObject* context_after(PyObject* object, PyObject* args, PyObject* kwargs) {
  return start_timer(object, args, kwargs, false);
}

PyObject* context_every(PyObject* object, PyObject* args, PyObject* kwargs) {
  return start_timer(object, args, kwargs, true);
}

PyObject* context_cancel_timer(PyObject*, PyObject* key) {
  const actor_at_hand here = find_actor_at_hand();
  const int found = here ? here.code->timers().cancel_key(*here.cell, key) : -1;
  return found < 0 ? nullptr : PyBool_FromLong(found);
}

PyObject* context_receive_timeout(PyObject*, void*) {
  const actor_at_hand here = find_actor_at_hand();
  if (!here) {
    return nullptr;
  }
  const std::chrono::duration<double> limit = here.code->receive_timeout();
  return limit.count() > 0 ? PyFloat_FromDouble(limit.count())
                           : Py_NewRef(Py_None);
}

int context_set_receive_timeout(PyObject*, PyObject* value, void*) {
  const actor_at_hand here = find_actor_at_hand();
  clock_duration limit{};
  if (!here) {
    return -1;
  }
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError,
                    "context.receive_timeout is seconds, or None for never");
    return -1;
  }
  if (value != Py_None &&
      !read_seconds(value, "context.receive_timeout", false, limit)) {
    return -1;
  }
  // An hour-glass that runs for ever is none.
  limit = limit == clock_duration::max() ? clock_duration{} : limit;
  const turn_scope in_turn;
  here.code->set_receive_timeout(limit);
  here.cell->set_receive_timeout(limit);
  return 0;
}

constexpr const char* timer_doc =
    R"doc(A timer that an actor has set: see troupe.context.after() and every().

Its actor's handlers may use it, nobody else.)doc";

constexpr const char* after_doc =
    R"doc(after($self, seconds, function, /, *args, key=None)
--

Calls function(*args) in this actor, once, `seconds` from now.

The call comes between two messages, so it needs no locks, and ranks with the
messages that wait then. The function is any callable: a handler, a lambda, or
`other.tell.ping`. If it raises, the actor fails, as after a failed tell.
A `key` names the timer: it replaces the one that has the same key, see
cancel_timer(). Timers end with this incarnation of the actor.

Returns a troupe.Timer.

>>> troupe.context.after(0.5, retry, job)
>>> troupe.context.after(30, other.tell.expire, "session-7", key="session-7"))doc";

constexpr const char* every_doc =
    R"doc(every($self, seconds, function, /, *args, key=None, first=None)
--

As after(), but again and again, every `seconds`.

The first call comes after `first` seconds (None: after `seconds`). The calls are
due at multiples of the period, so that nothing drifts; one that is due while the
one before it still waits is left out.

>>> tick = troupe.context.every(1.0, show_progress)
>>> tick.cancel()
True)doc";

constexpr const char* cancel_doc = R"doc(cancel_timer($self, key, /)
--

Cancels the timer of this key; returns whether there was one.)doc";

PyMethodDef timer_methods[] = {
    {"cancel", timer_cancel, METH_NOARGS,
     "cancel($self)\n--\n\nIt won't call any more, even if it is due already. "
     "Returns whether it was active."},
    {},
};

PyGetSetDef timer_properties[] = {
    {"active", timer_active, nullptr,
     "Whether a call is still to come: False once it has been made or "
     "cancelled.",
     nullptr},
    {},
};

PyType_Slot timer_slots[] = {
    {Py_tp_doc, const_cast<char*>(timer_doc)},
    {Py_tp_methods, timer_methods},
    {Py_tp_getset, timer_properties},
    {Py_tp_dealloc, reinterpret_cast<void*>(timer_dealloc)},
    {},
};

PyType_Spec timer_spec = {
    .name = "troupe.Timer",
    .basicsize = sizeof(timer_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = timer_slots,
};

const PyMethodDef methods[] = {
    {"after", as_method(context_after), METH_VARARGS | METH_KEYWORDS,
     after_doc},
    {"every", as_method(context_every), METH_VARARGS | METH_KEYWORDS,
     every_doc},
    {"cancel_timer", context_cancel_timer, METH_O, cancel_doc},
};

const PyGetSetDef properties[] = {
    {"receive_timeout", context_receive_timeout, context_set_receive_timeout,
     "Seconds without a message after which timed_out() is called, or else\n"
     "receive(troupe.ReceiveTimeout()); and again after as long. None, as at "
     "first:\nnever. Can be set.",
     nullptr},
};

}  // namespace

context_part context_timers() noexcept {
  return {methods, properties};
}

bool add_timer_type(PyObject* module, module_state& state) {
  state.timer_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &timer_spec, nullptr));
  return state.timer_type &&
         PyModule_AddType(module, state.timer_type.type()) == 0;
}

}  // namespace troupe
