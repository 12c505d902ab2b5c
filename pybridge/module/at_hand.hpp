// SPDX-License-Identifier: Apache-2.0
// What a handler may do with the message at hand, besides answering it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/cell/actor_cell.hpp"
#include "mailbox/envelope.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// The message that the handler on this thread is about, wherever it is kept.
/// For the moment: other code may take it away.
struct message_place {
  actor_cell* cell = nullptr;    // borrowed
  envelope* message = nullptr;   // borrowed
  envelope_ptr* kept = nullptr;  // by a suspended handler; else it is at hand

  explicit operator bool() const noexcept { return message != nullptr; }
  void forward(actor_cell& to) const;
  /// False: no room.
  bool stash() const;
};

/// Empty, with an exception set which names context.`method`, if there is none,
/// or if it is to be answered by a Reply.
message_place message_at_hand(module_state& state, const char* method);

}  // namespace troupe
