// SPDX-License-Identifier: Apache-2.0
// Initialises CPython in a program of ours, to behave as `python` would.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <vector>

#include "base/result.hpp"

namespace troupe::detail {

/// The first thread, once. Attached afterwards. Without `site`: see
/// _bootstrap.py.
result<void> initialize_python(const std::vector<std::string>& argv);

/// The `python` whose prefix and site-packages this program uses: that of the
/// active virtual environment if it is of our version, else the one that we
/// were built with.
std::string python_executable();

}  // namespace troupe::detail
