// SPDX-License-Identifier: Apache-2.0
// CPython as this process has it: there is one.
#pragma once

#include <string>

#include "pybridge/interpreters/runtime.hpp"

namespace troupe {

/// The runtime that System() uses: set once by a program that embeds Python,
/// else adopted when it is first needed.
void set_process_runtime(runtime& r) noexcept;
/// That one, by a thread of the main interpreter. `log_level`: for
/// runtime::adopt(). Null: an exception is set.
runtime* find_process_runtime(const std::string& log_level = "");
/// Null: nobody has needed it.
runtime* process_runtime_if_any() noexcept;

}  // namespace troupe
