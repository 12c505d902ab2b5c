// SPDX-License-Identifier: Apache-2.0
// What a handler may do with the message at hand, besides answering it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// The message that the handler on this thread is about. Borrowed; null with an
/// exception set, which names context.`method`, if there is none.
envelope* message_at_hand(module_state& state, const char* method);

}  // namespace troupe
