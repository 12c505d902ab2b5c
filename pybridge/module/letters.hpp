// SPDX-License-Identifier: Apache-2.0
// Messages as a test sees them: plain tuples, of which troupe.testing makes
// more.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// What a piped request came to: its value, or its exception as an object (see
/// piping.cpp). New reference, or null with an exception set.
py_ref read_outcome(module_state& state, const payload& content);

/// (args, kwargs) of a call, or ((value,), {}) of a message, a piped one too.
/// New reference, or null with an exception set.
py_ref read_arguments(module_state& state, bool is_call,
                      const payload& content);

}  // namespace troupe
