// SPDX-License-Identifier: Apache-2.0
// troupe.Reply: the answer that a handler gives later.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/actor_id.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_reply_type(PyObject* module, module_state& state);

/// context.reply_later(): the message at hand is answered by the Reply that
/// this returns. New reference, or null with an exception set.
PyObject* reply_later(module_state& state);

/// The actor has ended in this interpreter: whoever still waits for a Reply of
/// its is told.
void end_replies(module_state& state, actor_id actor) noexcept;

}  // namespace troupe
