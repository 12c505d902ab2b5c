// SPDX-License-Identifier: Apache-2.0
// Keeps the PyGILState API right on threads that visit many interpreters.
//
// Problem: CPython remembers per OS thread the thread state that was attached
// last, also after it was detached, and writes to it when the next one is
// attached. By then its interpreter may have been ended by another thread and
// its memory be gone.
// Solution: a thread that detaches from one of our interpreters forgets the
// thread state. So a detached thread state is known to nobody but us, and may
// be deleted by any thread that is attached to its interpreter.
#pragma once

#include "pybridge/python.hpp"

namespace troupe::detail {

/// Once, attached, before the first forget_gilstate().
void find_gilstate_key() noexcept;

/// By the thread that is attached with `state` and about to detach. 5 ns.
void forget_gilstate(PyThreadState* state) noexcept;

}  // namespace troupe::detail
