// SPDX-License-Identifier: Apache-2.0
// Supervisors, as troupe._supervision uses them.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Adds the functions. False: an exception is set.
bool add_supervision(PyObject* module);

/// System.supervise() and context.supervise() on `e`.
PyObject* supervise_from_python(module_state& state, engine& e, PyObject* args,
                                PyObject* kwargs);

/// spawn(..., restart=...) on `e`, if that is what `kwargs` (or null) says: a
/// new reference, or null with or without an exception set.
PyObject* spawn_supervised(module_state& state, engine& e, PyObject* args,
                           PyObject* kwargs);

extern const char* const supervise_doc;

}  // namespace troupe
