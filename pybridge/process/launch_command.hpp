// SPDX-License-Identifier: Apache-2.0
// How this program starts itself again, as a child process for actors.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <vector>

#include "base/result.hpp"
#include "pybridge/interpreters/runtime.hpp"

namespace troupe {

/// The word by which the launcher knows that it is such a process.
inline constexpr const char* process_command = "process-home";

/// Detached; enters the main interpreter for a moment.
result<std::vector<std::string>> find_launch_command(runtime& r)
    TROUPE_EXCLUDES(gil);

}  // namespace troupe
