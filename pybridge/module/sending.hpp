// SPDX-License-Identifier: Apache-2.0
// A message on its way from Python code into a mailbox.
#pragma once

#include "pybridge/python.hpp"

#include "actors/actor_ref.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

/// Attached. Delivers `e`, as the receiver's overflow policy says: may wait for
/// room, detached; an actor's turn does so with `block` only. False: not sent,
/// an exception is set (MailboxFull, a kill, Ctrl-C, a deadlock).
bool send(const actor_ref& receiver, envelope_ptr e);

}  // namespace troupe
