// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM in the launcher: the first one interrupts main, which
// then stops the system in order; the second one ends the process at once.
//
// A plain signal handler, because only in it can Python's flag be set before
// the system call that main waits in returns with EINTR. It runs between any
// two instructions, so it only sets flags, or ends the process.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/interpreters/runtime.hpp"

namespace troupe {

inline constexpr int exit_interrupted = 130;

/// Handles SIGINT and SIGTERM from now on, also if the program has put handlers
/// of its own in place meanwhile; what is ignored stays so. Any thread.
/// `interrupted`: the next signal counts as the second.
void watch_signals(runtime& python, bool interrupted) noexcept;

/// Python is about to be finalized: the next signal ends the process.
void watch_signals_at_end() noexcept;

}  // namespace troupe
