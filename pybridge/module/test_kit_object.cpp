// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/test_kit_object.hpp"

#include <memory>
#include <new>
#include <utility>

#include <poll.h>

#include "pybridge/data/convert.hpp"
#include "pybridge/engine/test_kit.hpp"
#include "pybridge/module/letters.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/send_options.hpp"
#include "pybridge/module/system_object.hpp"
#include "pybridge/module/test_kit_faults.hpp"
#include "scheduler/stepped_scheduler.hpp"

namespace troupe {
namespace {

struct test_kit_object {
  PyObject_HEAD ref_ptr<engine> running;
};

}  // namespace

engine& engine_under(PyObject* kit) noexcept {
  return *reinterpret_cast<test_kit_object*>(kit)->running;
}

bool read_seconds(PyObject* seconds, const char* what, clock_duration& out) {
  const double value = PyFloat_AsDouble(seconds);
  if (value == -1.0 && PyErr_Occurred()) {
    return false;
  }
  constexpr double most = 3e9;  // a century
  if (!(value >= 0.0 && value <= most)) {
    PyErr_Format(PyExc_ValueError,
                 "%s takes seconds, zero or more and at most a century; not %R",
                 what, seconds);
    return false;
  }
  out = std::chrono::duration_cast<clock_duration>(
      std::chrono::duration<double>{value});
  return true;
}

namespace {

stepped_scheduler& steps_of(PyObject* self) {
  return static_cast<stepped_scheduler&>(engine_under(self).get_scheduler());
}

test_kit& kit_of(PyObject* self) {
  return static_cast<test_kit&>(*engine_under(self).hooks());
}

PyObject* test_kit_new(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject* system = nullptr;
  if (!PyArg_ParseTuple(args, "O!:TestKit", state_of(type).system_type.get(),
                        &system)) {
    return nullptr;
  }
  engine& e = engine_of_system(system);
  if (e.hooks() == nullptr) {
    PyErr_SetString(PyExc_TypeError, "this System runs by itself");
    return nullptr;
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&reinterpret_cast<test_kit_object*>(object)->running)
        ref_ptr<engine>{&e};
  }
  return object;
}

PyObject* kit_make_system(PyObject*, PyObject* args) {
  PyObject* type = nullptr;
  PyObject* ask_timeout = nullptr;
  unsigned long long seed = 0;
  unsigned long long turn_limit = 0;
  int fresh = 0;
  if (!PyArg_ParseTuple(args, "O!KpOK:make_system", &PyType_Type, &type, &seed,
                        &fresh, &ask_timeout, &turn_limit)) {
    return nullptr;
  }
  engine_options options;
  options.seed = seed;
  options.turn_limit = turn_limit;
  options.hooks = make_ref_counted<test_kit>();
  options.recycle = fresh == 0;
  return read_limit(ask_timeout, "TestSystem(ask_timeout=...)",
                    options.ask_timeout)
             ? start_system(reinterpret_cast<PyTypeObject*>(type),
                            std::move(options))
             : nullptr;
}

// ---- Steps and time ----

// Calls `go_on` detached, again while signals without consequence interrupt it.
// False: an exception is set.
template <typename Function>
bool drive(Function go_on) {
  if (actor_cell::current() != nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "a handler can't step the system that it runs in");
    return false;
  }
  drive_result result = drive_result::interrupted;
  while (result == drive_result::interrupted) {
    {
      const detached no_gil;
      result = go_on();
    }
    if (PyErr_CheckSignals() < 0) {
      return false;
    }
  }
  if (result == drive_result::endless) {
    raise_endless();
  }
  return result != drive_result::endless;
}

PyObject* kit_step(PyObject* self, PyObject*) {
  bool ran = false;
  stepped_scheduler& steps = steps_of(self);
  if (!drive([&] {
        ran = steps.step();
        return drive_result::done;
      })) {
    return nullptr;
  }
  return PyBool_FromLong(ran);
}

PyObject* kit_run(PyObject* self, PyObject*) {
  stepped_scheduler& steps = steps_of(self);
  return drive([&] { return steps.run(); }) ? Py_NewRef(Py_None) : nullptr;
}

PyObject* kit_advance(PyObject* self, PyObject* seconds) {
  clock_duration by{};
  if (!read_seconds(seconds, "advance()", by)) {
    return nullptr;
  }
  stepped_scheduler& steps = steps_of(self);
  const clock_duration end = steps.now() + by;
  return drive([&] { return steps.advance(end - steps.now()); })
             ? Py_NewRef(Py_None)
             : nullptr;
}

// For an event loop of the test's: runs until its descriptor is readable.
PyObject* kit_wait_readable(PyObject* self, PyObject* args) {
  int descriptor = -1;
  PyObject* seconds = nullptr;
  std::optional<std::chrono::nanoseconds> timeout;
  if (!PyArg_ParseTuple(args, "iO:wait_readable", &descriptor, &seconds) ||
      !read_timeout(seconds, timeout)) {
    return nullptr;
  }
  stepped_scheduler& steps = steps_of(self);
  drive_result result = drive_result::interrupted;
  const auto is_readable = [descriptor] {
    pollfd readable{descriptor, POLLIN, 0};
    return poll(&readable, 1, 0) == 1;
  };
  if (!drive([&] {
        result = steps.drive({.done = is_readable, .timeout = timeout});
        // A signal: the loop is to look at what its handler did.
        return result == drive_result::interrupted ? drive_result::done
                                                   : result;
      })) {
    return nullptr;
  }
  if (result == drive_result::stuck) {
    raise_stuck(steps);
    return nullptr;
  }
  Py_RETURN_NONE;
}

double in_seconds(clock_duration d) {
  return std::chrono::duration<double>{d}.count();
}

PyObject* kit_now(PyObject* self, PyObject*) {
  return PyFloat_FromDouble(in_seconds(steps_of(self).now()));
}

PyObject* kit_who_waits(PyObject* self, PyObject*) {
  return PyUnicode_FromString(steps_of(self).who_waits().c_str());
}

// ---- The trace ----

// What can't be decoded here, a class of a module that only actors can import
// say, is None.
py_ref content_of(module_state& state, const trace_entry& entry) {
  if (!entry.has_content) {
    return py_ref::borrow(Py_None);
  }
  auto arguments = read_arguments(state, entry.is_call, entry.content);
  if (!arguments) {
    PyErr_Clear();
    return py_ref::borrow(Py_None);
  }
  return arguments;
}

py_ref as_tuple(module_state& state, const trace_entry& entry) {
  const auto content = content_of(state, entry);
  return content ? py_ref::steal(Py_BuildValue(
                       "dsssO", in_seconds(entry.at), entry.actor.c_str(),
                       entry.what.c_str(), entry.sender.c_str(), content.get()))
                 : py_ref{};
}

PyObject* kit_trace(PyObject* self, PyObject*) {
  auto list = py_ref::steal(PyList_New(0));
  for (const trace_entry& entry : kit_of(self).entries()) {
    const auto one = as_tuple(state_of(self), entry);
    if (!list || !one || PyList_Append(list.get(), one.get()) < 0) {
      return nullptr;
    }
  }
  return list.release();
}

void test_kit_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  reinterpret_cast<test_kit_object*>(object)->running.~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef test_kit_methods[] = {
    {"make_system", kit_make_system, METH_VARARGS | METH_CLASS,
     "make_system($type, system_type, seed, fresh, ask_timeout, turn_limit, "
     "/)\n--\n\nA System that "
     "doesn't run by itself."},
    {"step", kit_step, METH_NOARGS, "step($self)\n--\n\nOne turn."},
    {"run", kit_run, METH_NOARGS, "run($self)\n--\n\nAll turns."},
    {"advance", kit_advance, METH_O,
     "advance($self, seconds, /)\n--\n\nMoves time on."},
    {"wait_readable", kit_wait_readable, METH_VARARGS,
     "wait_readable($self, descriptor, timeout, /)\n--\n\nTurns, until it "
     "is."},
    {"now", kit_now, METH_NOARGS, "now($self)\n--\n\nSeconds."},
    {"who_waits", kit_who_waits, METH_NOARGS,
     "who_waits($self)\n--\n\nA line for each turn that waits."},
    {"trace", kit_trace, METH_NOARGS,
     "trace($self)\n--\n\n[(time, actor, what, sender, (args, kwargs) or "
     "None)]"},
    {"kill", kit_kill, METH_VARARGS,
     "kill($self, ref, messages, /)\n--\n\nAfter so many more."},
    {"delay", kit_delay, METH_VARARGS,
     "delay($self, ref, seconds, /)\n--\n\nOf each message."},
    {"refuse", kit_refuse, METH_VARARGS,
     "refuse($self, ref, refuse, /)\n--\n\nIts mailbox is full, or not."},
    {"drop", kit_drop, METH_VARARGS,
     "drop($self, ref, function, times, /)\n--\n\nfunction(handler, (args, "
     "kwargs)) chooses."},
    {"fail_start", kit_fail_start, METH_VARARGS,
     "fail_start($self, target, exception, times, /)\n--\n\nThe next ones."},
    {},
};

PyType_Slot test_kit_slots[] = {
    {Py_tp_doc, const_cast<char*>("What troupe.testing does to a system.")},
    {Py_tp_new, reinterpret_cast<void*>(test_kit_new)},
    {Py_tp_methods, test_kit_methods},
    {Py_tp_dealloc, reinterpret_cast<void*>(test_kit_dealloc)},
    {},
};

PyType_Spec test_kit_spec = {
    .name = "troupe._core.TestKit",
    .basicsize = sizeof(test_kit_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = test_kit_slots,
};

}  // namespace

bool add_test_kit_type(PyObject* module, module_state& state) {
  state.test_kit_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &test_kit_spec, nullptr));
  return state.test_kit_type &&
         PyModule_AddType(module, state.test_kit_type.type()) == 0;
}

}  // namespace troupe
