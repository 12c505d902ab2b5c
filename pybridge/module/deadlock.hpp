// SPDX-License-Identifier: Apache-2.0
// troupe.DeadlockError, out of a cycle that the wait_graph has found.
#pragma once

#include "pybridge/python.hpp"

#include "actors/asking/wait_graph.hpp"

namespace troupe {

/// Attached. Sets the exception. `cycle` isn't empty.
void raise_deadlock(const wait_graph::cells& cycle);

}  // namespace troupe
