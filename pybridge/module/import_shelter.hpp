// SPDX-License-Identifier: Apache-2.0
// Imports take locks that are for all code of an interpreter, and do it in
// Python code. A kill that came between two of its instructions could leave one
// taken, and nobody in that home would import anything again. So none comes
// while importlib is at work; it does in the code of the modules themselves,
// which may be long.
#pragma once

#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Attached. Sees to it in this interpreter, once. False: an exception is set.
bool shelter_imports(module_state& state);

}  // namespace troupe
