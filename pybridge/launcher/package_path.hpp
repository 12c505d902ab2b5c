// SPDX-License-Identifier: Apache-2.0
// Where the launcher's own Python package is.
#pragma once

#include <optional>
#include <string>

namespace troupe {

/// The folder that holds the package `troupe`: in the runfiles of the program
/// that started `executable` (RUNFILES_DIR), or its own, else beside it.
std::optional<std::string> find_package(const std::string& executable);

}  // namespace troupe
