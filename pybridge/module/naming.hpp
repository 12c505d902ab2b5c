// SPDX-License-Identifier: Apache-2.0
// Methods of troupe.System about names and groups.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <string>

#include "pybridge/engine/engine.hpp"

namespace troupe {

PyObject* system_register(PyObject* self, PyObject* args);
PyObject* system_unregister(PyObject* self, PyObject* name);
PyObject* system_wait_for(PyObject* self, PyObject* args, PyObject* kwargs);
PyObject* system_when_named(PyObject* self, PyObject* name);
PyObject* system_group(PyObject* self, PyObject* name);

extern const char* const register_doc;
extern const char* const unregister_doc;
extern const char* const wait_for_doc;
extern const char* const when_named_doc;
extern const char* const group_doc;

/// Reads a name (borrowed). False: an exception is set.
bool read_name(PyObject* name, const char* of_what, std::string& out);

/// "; did you mean 'NAME'?" of the names that are taken, or nothing.
std::string near_names(engine& e, const std::string& name);

}  // namespace troupe
