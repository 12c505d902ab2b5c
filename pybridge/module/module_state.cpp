// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/module_state.hpp"

#include <algorithm>
#include <cmath>

#include "actors/actor_system.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/module/deadlock.hpp"

namespace troupe {
namespace {

using std::chrono::nanoseconds;
using steady = std::chrono::steady_clock;

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
wait_result wait_once(actor_cell* cell, completion& c,
                      std::optional<nanoseconds> timeout, const awaited* what,
                      wait_graph::cells& cycle) {
  PyThreadState* const attached = PyEval_SaveThread();
  const wait_result result =
      cell == nullptr ? c.wait(timeout) : cell->wait(c, timeout, &cycle, what);
  PyEval_RestoreThread(attached);
  return result;
}

wait_result raise_exhausted() {
  raise_named("TroupeError",
              "too many handlers wait at the same time: no thread is left to "
              "run those who are to answer. Wait in async handlers, by await, "
              "which keeps no thread, or use add_done_callback()");
  return wait_result::interrupted;
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
  return **static_cast<module_state**>(PyType_GetModuleState(type));
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

wait_result wait_detached(completion& c, std::optional<nanoseconds> timeout,
                          const awaited* what) {
  if (c.done()) {
    return wait_result::done;
  }
  actor_cell* const cell = actor_cell::current();
  const auto deadline =
      timeout ? steady::now() + *timeout : steady::time_point::max();
  for (;;) {
    wait_graph::cells cycle;
    const wait_result result = wait_once(cell, c, timeout, what, cycle);
    if (result == wait_result::deadlock) {
      raise_deadlock(cycle);
      return wait_result::interrupted;
    }
    if (result == wait_result::exhausted) {
      return raise_exhausted();
    }
    if (raise_interrupt(cell)) {
      return wait_result::interrupted;
    }
    if (result != wait_result::interrupted) {
      return result;
    }
    if (timeout) {
      timeout = std::max(nanoseconds{0}, nanoseconds{deadline - steady::now()});
    }
  }
}

}  // namespace troupe
