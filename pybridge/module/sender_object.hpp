// SPDX-License-Identifier: Apache-2.0
// What `ref.tell` and `ref.ask` are: the sending half of a ref.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/actor_ref.hpp"
#include "actors/group.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/module/send_options.hpp"

namespace troupe {

/// False: an exception is set.
bool add_sender_type(PyObject* module, module_state& state);

/// What tells `receiver` (or asks it) what its receive() gets; its attributes
/// do the same for named handlers. New reference, or null.
PyObject* make_sender(module_state& state, const actor_ref& receiver,
                      const send_options& options, bool ask);

/// What tells all members of a group. New reference, or null.
PyObject* make_group_sender(module_state& state, ref_ptr<group> receivers);

}  // namespace troupe
