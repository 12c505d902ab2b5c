// SPDX-License-Identifier: Apache-2.0
// troupe.DeadlockError, out of a cycle that the wait_graph has found.
#pragma once

#include "pybridge/python.hpp"

#include "actors/asking/wait_graph.hpp"

namespace troupe {

/// Attached. Sets the exception. `cycle` isn't empty. `awaits`: it was to be
/// closed by an await, which holds up nobody else in its place.
void raise_deadlock(const wait_graph::cells& cycle, bool awaits = false);

}  // namespace troupe
