// SPDX-License-Identifier: Apache-2.0
// How systems end: each by itself, and all that are left at the process's exit.
//
// Everything here needs the GIL of the interpreter that made the system.
#pragma once

#include "pybridge/python.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Detaches meanwhile; answers the names of actors that could not be ended.
std::vector<std::string> end_engine(module_state& state, ref_ptr<engine> e,
                                    std::chrono::nanoseconds deadline);

/// Once for each interpreter: has Python's exit end what is left then. False:
/// an exception is set.
bool end_at_exit(module_state& state);

/// True, with an exception set, when that has begun.
bool refuse_at_exit(const module_state& state);

}  // namespace troupe
