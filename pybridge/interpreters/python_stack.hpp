// SPDX-License-Identifier: Apache-2.0
// Where Python code is, as plain data.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <vector>

#include "base/roles.hpp"

namespace troupe {

struct python_frame {
  std::string file;
  std::string function;  // qualified
  int line = 0;
};

/// Innermost first; of a very deep stack only the inner frames.
using python_stack = std::vector<python_frame>;

/// Attached to the interpreter of `state` (borrowed), which belongs to another
/// thread, in Python code or in a call that has let the GIL go.
python_stack stack_of(PyThreadState* state) TROUPE_REQUIRES(gil);

}  // namespace troupe
