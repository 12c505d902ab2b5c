// SPDX-License-Identifier: Apache-2.0
// troupe._core.Arrivals: several futures that one place waits for;
// troupe/_waiting.py uses it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_arrivals_type(PyObject* module, module_state& state);

}  // namespace troupe
