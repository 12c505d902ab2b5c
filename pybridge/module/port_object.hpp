// SPDX-License-Identifier: Apache-2.0
// troupe._core.Port: a port as Python sees it; troupe/_futures.py uses it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/module/module_state.hpp"
#include "pybridge/module/port.hpp"

namespace troupe {

/// `object` is a Port.
port& port_of(PyObject* object) noexcept;
/// False: an exception is set.
bool add_port_type(PyObject* module, module_state& state);

}  // namespace troupe
