// SPDX-License-Identifier: Apache-2.0
// Methods of troupe.System about routers and pools.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

PyObject* system_router(PyObject* self, PyObject* args, PyObject* kwargs);
PyObject* system_pool(PyObject* self, PyObject* args, PyObject* kwargs);
PyObject* system_router_of(PyObject* self, PyObject* which);

extern const char* const router_doc;
extern const char* const pool_doc;
extern const char* const router_of_doc;

}  // namespace troupe
