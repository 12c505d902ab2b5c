// SPDX-License-Identifier: Apache-2.0
// ask_all() of routers and groups, which troupe._ask_all does.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

/// whom.ask_all(...), for what has routees() or members().
PyObject* ask_all(PyObject* whom, PyObject* args, PyObject* kwargs);
extern const char* const ask_all_doc;

}  // namespace troupe
