// SPDX-License-Identifier: Apache-2.0
// troupe._core.Probe: an actor that keeps what it gets, for a test to look at.
// troupe/testing makes its probes of it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_probe_type(PyObject* module, module_state& state);

}  // namespace troupe
