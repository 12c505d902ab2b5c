// SPDX-License-Identifier: Apache-2.0
// The parts of troupe.context, each in a file of its own.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <span>

#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// The actor at hand, whose Python code runs on this thread. All borrowed.
struct actor_at_hand {
  actor_cell* cell;
  python_behaviour* code;
  explicit operator bool() const noexcept { return cell != nullptr; }
};

/// Empty: an exception is set, since no handler runs here.
actor_at_hand find_actor_at_hand();
/// Its cell (borrowed), or null with an exception set.
actor_cell* current_cell();

struct context_part {
  std::span<const PyMethodDef> methods;
  std::span<const PyGetSetDef> properties;
};

context_part context_bonds() noexcept;    // watch, link, ...
context_part context_timers() noexcept;   // after, every, ...
context_part context_states() noexcept;   // become, stash, ...
context_part context_answers() noexcept;  // forward, reply_later

/// False: an exception is set.
bool add_timer_type(PyObject* module, module_state& state);

}  // namespace troupe
