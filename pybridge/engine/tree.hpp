// SPDX-License-Identifier: Apache-2.0
// What the actors of a running system do, as text for people.
#pragma once

#include "pybridge/python.hpp"

#include <string>

#include "base/roles.hpp"
#include "pybridge/engine/engine.hpp"

namespace troupe {

/// Detached; any thread. Every actor under the one that made it, the Python
/// stacks of those at work, the turns in progress, and the same of each child
/// process. Nothing is stopped for it. An interpreter whose GIL doesn't come in
/// half a second is told as that.
std::string describe_tree(engine& e) TROUPE_EXCLUDES(gil);

}  // namespace troupe
