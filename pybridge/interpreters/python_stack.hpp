// SPDX-License-Identifier: Apache-2.0
// Where Python code is, as plain data.
#pragma once

#include "pybridge/python.hpp"

#include <cstddef>
#include <cstdint>
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

/// The coroutines of an actor that are suspended.
struct suspended_tasks {
  std::uint64_t actor = 0;  // its id
  std::vector<python_stack> stacks;
  std::size_t more = 0;  // that are not among these
};

/// Attached. Of all actors of this interpreter that have an event loop; runs
/// Python code, which may let the GIL go.
std::vector<suspended_tasks> stacks_of_tasks() TROUPE_REQUIRES(gil);

/// Attached to the interpreter of `state` (borrowed), which belongs to another
/// thread, in Python code or in a call that has let the GIL go.
python_stack stack_of(PyThreadState* state) TROUPE_REQUIRES(gil);

}  // namespace troupe
