// SPDX-License-Identifier: Apache-2.0
// How an actor's event loop runs what it has: where a kill or a time limit may
// be raised in it, and where not. Methods of Waker, see waker_object.cpp.
#pragma once

#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Of what run_handle() reads. False: an exception is set.
bool intern_handle_names(module_state& state);

/// Waker.call(function, *args, **kwargs)
PyObject* call_open(PyObject* self, PyObject* const* args, Py_ssize_t nargs,
                    PyObject* names);
/// Waker.run(handle)
PyObject* run_handle(PyObject* self, PyObject* handle);
/// Waker.sheltered(function)
PyObject* make_sheltered(PyObject* type, PyObject* function);

}  // namespace troupe
