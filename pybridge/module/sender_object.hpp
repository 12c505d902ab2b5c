// SPDX-License-Identifier: Apache-2.0
// What `ref.tell` and `ref.ask` are: the sending half of a ref.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <optional>

#include "actors/actor_ref.hpp"
#include "actors/group.hpp"
#include "base/symbol.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/module/send_options.hpp"

namespace troupe {

/// False: an exception is set.
bool add_sender_type(PyObject* module, module_state& state);

/// What a sender is for.
struct sender_target {
  actor_ref receiver;
  symbol handler;  // none: receive(), or as the first argument says
  send_options options;
  bool ask;
};

/// Nothing, if `object` (borrowed) isn't what sends to one actor.
std::optional<sender_target> target_of(module_state& state, PyObject* object);

/// What calling `sender` (a target_of()) with these arguments would send.
/// False: an exception is set.
bool encode_message(module_state& state, PyObject* sender,
                    PyObject* const* args, std::size_t nargs, PyObject* kwnames,
                    envelope& e);

/// What tells `receiver` (or asks it) what its receive() gets; its attributes
/// do the same for named handlers. New reference, or null.
PyObject* make_sender(module_state& state, const actor_ref& receiver,
                      const send_options& options, bool ask);

/// What tells all members of a group. New reference, or null.
PyObject* make_group_sender(module_state& state, ref_ptr<group> receivers);

}  // namespace troupe
