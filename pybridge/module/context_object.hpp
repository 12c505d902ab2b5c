// SPDX-License-Identifier: Apache-2.0
// troupe.context: inside a handler, the actor at hand.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Adds `context` to the module. False: an exception is set.
bool add_context(PyObject* module, module_state& state);

}  // namespace troupe
