// SPDX-License-Identifier: Apache-2.0
// Handlers that await an answer, told to the wait_graph; troupe/_loop.py calls
// these.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

/// begin_await(task, future): a number for end_await(), or 0 if the wait holds
/// up nothing that the graph knows of. Null with DeadlockError set: it would
/// never end.
PyObject* begin_await(PyObject* module, PyObject* const* args,
                      Py_ssize_t nargs);
PyObject* end_await(PyObject* module, PyObject* ticket);

}  // namespace troupe
