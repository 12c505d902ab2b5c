// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/module_state.hpp"

#include <algorithm>
#include <cmath>

#include "actors/actor_system.hpp"
#include "actors/asking/waiting.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/module/deadlock.hpp"

namespace troupe {
namespace {

using std::chrono::nanoseconds;

const char* class_for(errc code) noexcept {
  switch (code) {
    case errc::stopped:
      return "ActorStopped";
    case errc::timed_out:
      return "AskTimeout";
    case errc::refused:
      return "MailboxFull";
    case errc::invalid_argument:
    case errc::not_found:
    case errc::already_exists:
      return "SpawnError";
    default:
      return "TroupeError";
  }
}

// One detached wait, told to the scheduler if this thread runs a turn.
drive_result wait_once(actor_cell* cell, completion& c,
                       std::optional<nanoseconds> timeout, scheduler& s,
                       const awaited* what, wait_graph::cells& cycle) {
  const detached no_gil;
  if (cell == nullptr) {
    return wait_for(s, c, {.timeout = timeout});
  }
  switch (cell->wait(c, timeout, &cycle, what)) {
    case wait_result::done:
      return drive_result::done;
    case wait_result::timed_out:
      return drive_result::timed_out;
    case wait_result::exhausted:
      return drive_result::not_driven;
    default:
      return drive_result::interrupted;
  }
}

void raise_exhausted() {
  raise_named("TroupeError",
              "too many handlers wait at the same time: no thread is left to "
              "run those who are to answer. Wait in async handlers, by await, "
              "which keeps no thread, or use add_done_callback()");
}

// What says that a wait can't end, if anything does.
void raise_hopeless(drive_result result, const wait_graph::cells& cycle,
                    const scheduler& s) {
  if (!cycle.empty()) {
    raise_deadlock(cycle);
  } else if (result == drive_result::not_driven) {
    raise_exhausted();
  } else if (result == drive_result::stuck) {
    raise_stuck(s);
  } else if (result == drive_result::endless) {
    raise_endless();
  }
}

// What ended the wait, if it was no answer.
bool raise_interrupt(const actor_cell* cell) {
  if (cell != nullptr && cell->killed()) {
    raise_named("ActorKilled", "killed while it waited for an answer");
    return true;
  }
  if (cell != nullptr && cell->overdue()) {
    raise_named("HandlerTimeout",
                "the handler waited beyond its actor's time_limit");
    return true;
  }
  return PyErr_CheckSignals() < 0;
}

}  // namespace

module_state& state_of(PyTypeObject* type) noexcept {
  void* state = PyType_GetModuleState(type);
  while (state == nullptr) {  // a class that Python code derived from ours
    PyErr_Clear();
    type = type->tp_base;
    state = PyType_GetModuleState(type);
  }
  return **static_cast<module_state**>(state);
}

module_state* import_state() {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._core"));
  if (!module) {
    return nullptr;
  }
  return *static_cast<module_state**>(PyModule_GetState(module.get()));
}

PyObject* raise_named(const char* name, const char* text) {
  const auto errors = py_ref::steal(PyImport_ImportModule("troupe.errors"));
  if (!errors) {
    return nullptr;
  }
  const auto type = py_ref::steal(PyObject_GetAttrString(errors.get(), name));
  if (type) {
    PyErr_SetString(type.get(), text);
  }
  return nullptr;
}

PyObject* raise_error(const error& e) {
  if (e.code == errc::out_of_memory) {
    return PyErr_NoMemory();
  }
  if (e.code == errc::cancelled) {
    const auto futures =
        py_ref::steal(PyImport_ImportModule("concurrent.futures"));
    const auto type = py_ref::steal(
        futures ? PyObject_GetAttrString(futures.get(), "CancelledError")
                : nullptr);
    if (type) {
      PyErr_SetString(type.get(), e.detail.c_str());
    }
    return nullptr;
  }
  return raise_named(class_for(e.code), e.detail.c_str());
}

PyObject* raise_fault(module_state& state, const fault& why) {
  if (why.raised.empty()) {
    return raise_error(why.what);
  }
  if (PyObject* exception = decode_exception(state.types, why.raised)) {
    PyErr_SetRaisedException(exception);
  }
  return nullptr;
}

bool read_timeout(PyObject* seconds, std::optional<nanoseconds>& out) {
  if (seconds == nullptr || seconds == Py_None) {
    out = std::nullopt;
    return true;
  }
  const double value = PyFloat_AsDouble(seconds);
  if (value == -1.0 && PyErr_Occurred()) {
    return false;
  }
  if (std::isnan(value)) {
    PyErr_SetString(PyExc_ValueError, "timeout must be seconds, not NaN");
    return false;
  }
  constexpr double a_century = 3.2e9;
  if (value > a_century) {
    out = std::nullopt;
  } else {
    out = nanoseconds{static_cast<std::int64_t>(std::max(value, 0.0) * 1e9)};
  }
  return true;
}

void raise_stuck(const scheduler& s) {
  const std::string words =
      "nothing is left to run, so this wait would never end\n" + s.who_waits();
  raise_named("DeadlockError", words.substr(0, words.size() - 1).c_str());
}

void raise_endless() {
  PyErr_SetString(
      PyExc_AssertionError,
      "the system is still busy after very many turns: does an actor "
      "go on for ever? (TestSystem(turn_limit=...) is the limit)");
}

bool detail::raise_forked() {
  PyErr_SetString(
      PyExc_RuntimeError,
      "this process was forked from one in which a system of actors runs, and "
      "has neither its actors nor its threads: start processes by "
      "multiprocessing's \"spawn\" or \"forkserver\", or fork before the "
      "first System()");
  return true;
}

wait_result wait_detached(completion& c, std::optional<nanoseconds> timeout,
                          scheduler& s, const awaited* what) {
  if (c.done()) {
    return wait_result::done;
  }
  if (refuse_in_forked_child()) {
    return wait_result::interrupted;
  }
  actor_cell* const cell = actor_cell::current();
  const clock_duration began = s.now();
  std::optional<nanoseconds> left = timeout;
  for (;;) {
    wait_graph::cells cycle;
    const drive_result result = wait_once(cell, c, left, s, what, cycle);
    raise_hopeless(result, cycle, s);
    if (PyErr_Occurred() || raise_interrupt(cell)) {
      return wait_result::interrupted;
    }
    if (result != drive_result::interrupted) {
      return result == drive_result::done ? wait_result::done
                                          : wait_result::timed_out;
    }
    if (timeout) {
      left = std::max(nanoseconds{0}, *timeout - (s.now() - began));
    }
  }
}

}  // namespace troupe
