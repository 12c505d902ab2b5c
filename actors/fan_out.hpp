// SPDX-License-Identifier: Apache-2.0
// One message to several actors: encoded once, copied for each.
#pragma once

#include <span>

#include "actors/actor_ref.hpp"

namespace troupe {

/// A message like `e` to send on, without its reply_to. The bytes are copied;
/// what is attached to them (blobs, refs) is shared. Throws std::bad_alloc.
envelope_ptr copy_of(const envelope& e);

/// Any thread. Tells each of `receivers` what `e` says.
void tell_all(std::span<const actor_ref> receivers, envelope_ptr e);

}  // namespace troupe
