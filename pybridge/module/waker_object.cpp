// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/waker_object.hpp"

#include <cmath>
#include <new>
#include <system_error>
#include <utility>

#include "pybridge/module/loop_calls.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

struct waker_object {
  PyObject_HEAD ref_ptr<waker> shared;
};

PyObject* waker_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {nullptr};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Waker",
                                   const_cast<char**>(names))) {
    return nullptr;
  }
  actor_cell* const cell = actor_cell::current();
  if (cell == nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "an actor's event loop is made on a turn of the actor");
    return nullptr;
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&reinterpret_cast<waker_object*>(object)->shared) ref_ptr<waker>{
        make_ref_counted<waker>(actor_ref{ref_ptr<actor_cell>{cell}})};
  }
  return object;
}

PyObject* waker_wake(PyObject* object, PyObject*) {
  waker_of(object).wake();
  Py_RETURN_NONE;
}

PyObject* waker_wake_later(PyObject* object, PyObject*) {
  waker_of(object).wake_later();
  Py_RETURN_NONE;
}

PyObject* waker_take(PyObject* object, PyObject*) {
  waker_of(object).take();
  Py_RETURN_NONE;
}

PyObject* waker_time(PyObject* object, PyObject*) {
  const std::chrono::duration<double> now = waker_of(object).now();
  return PyFloat_FromDouble(now.count());
}

PyObject* waker_killed(PyObject* object, PyObject*) {
  return PyBool_FromLong(waker_of(object).killed());
}

// Rounded up: a loop whose timer came early would have to wait again.
PyObject* waker_set_timer(PyObject* object, PyObject* seconds) {
  const double delay = PyFloat_AsDouble(seconds);
  if (delay == -1.0 && PyErr_Occurred()) {
    return nullptr;
  }
  constexpr double a_century = 3.2e9;
  const double bounded = std::fmin(std::fmax(delay, 0.0), a_century);
  waker_of(object).set_timer(
      clock_duration{static_cast<clock_duration::rep>(bounded * 1e9) + 1});
  Py_RETURN_NONE;
}

PyObject* waker_watch(PyObject* object, PyObject* descriptor) {
  const int number = PyObject_AsFileDescriptor(descriptor);
  if (number < 0) {
    return nullptr;
  }
  try {
    waker_of(object).watch(number);
  } catch (const std::system_error& e) {
    PyErr_SetString(PyExc_OSError, e.what());
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* waker_readable(PyObject* object, PyObject*) {
  return PyBool_FromLong(waker_of(object).readable());
}

PyObject* waker_arm(PyObject* object, PyObject*) {
  waker_of(object).arm();
  Py_RETURN_NONE;
}

PyObject* waker_block(PyObject* object, PyObject*) {
  const ref_ptr<waker> shared{&waker_of(object)};
  const auto woken = shared->begin_block();
  const wait_result result =
      wait_detached(*woken, std::nullopt, shared->clock());
  shared->end_block();
  return result == wait_result::done ? Py_NewRef(Py_None) : nullptr;
}

PyObject* waker_close(PyObject* object, PyObject*) {
  waker_of(object).close();
  Py_RETURN_NONE;
}

void waker_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  auto& shared = reinterpret_cast<waker_object*>(object)->shared;
  shared->close();
  shared.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef waker_methods[] = {
    {"wake", waker_wake, METH_NOARGS,
     "wake($self)\n--\n\nHas the loop driven on a turn of its actor. Any "
     "thread."},
    {"wake_later", waker_wake_later, METH_NOARGS,
     "wake_later($self)\n--\n\nAs wake(), behind all that waits now."},
    {"take", waker_take, METH_NOARGS,
     "take($self)\n--\n\nThe loop is driven now; what comes later wakes "
     "again."},
    {"time", waker_time, METH_NOARGS,
     "time($self)\n--\n\nThe scheduler\'s clock, in seconds."},
    {"killed", waker_killed, METH_NOARGS,
     "killed($self)\n--\n\nWhether the actor is being killed."},
    {"set_timer", waker_set_timer, METH_O,
     "set_timer($self, seconds, /)\n--\n\nWakes after so many seconds; "
     "replaces the timer before."},
    {"watch", waker_watch, METH_O,
     "watch($self, descriptor, /)\n--\n\nFrom arm() on, wakes when it is "
     "readable."},
    {"readable", waker_readable, METH_NOARGS,
     "readable($self)\n--\n\nWhether the watched descriptor has become "
     "readable since arm()."},
    {"arm", waker_arm, METH_NOARGS,
     "arm($self)\n--\n\nWatches again; wakes soon if it is readable still."},
    {"block", waker_block, METH_NOARGS,
     "block($self)\n--\n\nBlocks the handler at hand until woken."},
    {"call", as_method(call_open), METH_FASTCALL | METH_KEYWORDS,
     "call($self, function, /, *args, **kwargs)\n--\n\nCalls it; a kill or a "
     "time limit may be raised in there."},
    {"sheltered", make_sheltered, METH_O | METH_STATIC,
     "sheltered(function, /)\n--\n\nThe same function, in which no kill or "
     "time limit is raised."},
    {"run", run_handle, METH_O,
     "run($self, handle, /)\n--\n\nRuns an asyncio.Handle, within the "
     "actor's time limit; a kill or that limit may be raised in there."},
    {"close", waker_close, METH_NOARGS,
     "close($self)\n--\n\nWatches nothing any more, and has no timer."},
    {},
};

PyType_Slot waker_slots[] = {
    {Py_tp_doc,
     const_cast<char*>("What the event loop of the actor at hand waits for.")},
    {Py_tp_new, reinterpret_cast<void*>(waker_new)},
    {Py_tp_methods, waker_methods},
    {Py_tp_dealloc, reinterpret_cast<void*>(waker_dealloc)},
    {},
};

PyType_Spec waker_spec = {
    .name = "troupe._core.Waker",
    .basicsize = sizeof(waker_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = waker_slots,
};

}  // namespace

waker& waker_of(PyObject* object) noexcept {
  return *reinterpret_cast<waker_object*>(object)->shared;
}

bool add_waker_type(PyObject* module, module_state& state) {
  state.waker_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &waker_spec, nullptr));
  return state.waker_type && intern_handle_names(state) &&
         PyModule_AddType(module, state.waker_type.type()) == 0;
}

}  // namespace troupe
