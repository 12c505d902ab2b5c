// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/send_options.hpp"

#include "pybridge/module/module_state.hpp"

namespace troupe {

bool read_limit(PyObject* seconds, const char* what, clock_duration& out) {
  std::optional<clock_duration> limit;
  if (!read_timeout(seconds, limit)) {
    return false;
  }
  if (seconds != Py_None && PyFloat_AsDouble(seconds) < 0) {
    PyErr_Format(PyExc_ValueError,
                 "%s must be seconds from 0 up, or None for no limit; not %R",
                 what, seconds);
    return false;
  }
  out = limit.value_or(no_limit);
  return true;
}

PyObject* limit_to_python(clock_duration limit) {
  return limit == no_limit
             ? Py_NewRef(Py_None)
             : PyFloat_FromDouble(std::chrono::duration<double>{limit}.count());
}

bool read_options(PyObject* args, PyObject* kwargs, send_options& options) {
  static const char* names[] = {"timeout", "priority", nullptr};
  PyObject* timeout = nullptr;
  int priority = options.priority ? 1 : 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$Op:options",
                                   const_cast<char**>(names), &timeout,
                                   &priority)) {
    return false;
  }
  options.priority = priority != 0;
  if (timeout != nullptr) {
    clock_duration limit{};
    if (!read_limit(timeout, "options(timeout=...)", limit)) {
      return false;
    }
    options.timeout = limit;
  }
  return true;
}

}  // namespace troupe
