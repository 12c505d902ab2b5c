// SPDX-License-Identifier: Apache-2.0
// What all that spawns has in common: how it waits, and what it raises.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Such an actor can't start before the turn at hand, if there is one, is over:
/// it is to run where that runs.
inline bool runs_where_this_turn_runs(const engine_spawn& what) {
  const actor_cell* self = actor_cell::current();
  return self != nullptr &&
         ((self->home() != nullptr && !what.has_home_alone()) ||
          (self->lane() && what.thread == thread_choice::pinned));
}

/// Nobody waits for that start, so its failure is told on stderr.
void report_failed_start(engine& e, completion& started);

/// False: an exception is set, as the system takes no more from here. Else the
/// main interpreter's settings are noted for those to come.
bool may_spawn(engine& e);

/// For a spawn() that was refused. Null, with an exception.
PyObject* raise_refused_spawn(const error& e);

/// system.spawn_many(target, count or arguments of each, **keywords).
PyObject* spawn_many(PyObject* self, PyObject* args, PyObject* kwargs);
extern const char* const spawn_many_doc;

}  // namespace troupe
