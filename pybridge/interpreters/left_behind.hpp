// SPDX-License-Identifier: Apache-2.0
// Actors' interpreters that an ordinary Python must not touch when it ends.
//
// Problem: code that can't be interrupted (a C function that waits or computes
// for ever, a daemon thread) keeps its interpreter from ending. CPython's
// finalization ends all that are left, under the threads that are in them, and
// crashes. We can't leave finalization out either: it isn't ours, and what the
// process's exit code will be is known to nobody before.
// Solution: such an interpreter is frozen, by taking its GIL for good, and
// taken out of CPython's list of interpreters, so finalization finds nothing to
// do. Where that list is, CPython tells debuggers by a table (PEP 768).
//
// An embedded Python doesn't need this: see ~runtime().
//
// fork() has the same problem, in any Python: in the child CPython clears all
// interpreters but the main one, without a thread state, and crashes. There
// they only have to be out of the list.
#pragma once

#include "pybridge/python.hpp"

#include "base/roles.hpp"

namespace troupe::detail {

/// Any thread. An interpreter of ours is there; it is about to end.
void note_made(PyInterpreterState* state);
void note_ending(PyInterpreterState* state) noexcept;

/// Attached to the main interpreter. From now on a child that fork() makes has
/// the main interpreter alone. Again is fine.
void hide_in_forked_children() TROUPE_REQUIRES(gil);

/// Detached, as the last thing before finalization, when nothing makes or ends
/// interpreters any more. Takes a second at most.
void hide_left_behind() TROUPE_EXCLUDES(gil);

}  // namespace troupe::detail
