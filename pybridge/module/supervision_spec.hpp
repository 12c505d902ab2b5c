// SPDX-License-Identifier: Apache-2.0
// What troupe._child_specs says about supervisors and children, as plain
// tuples, read into what the core takes.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <optional>
#include <string>

#include "actors/supervision/supervisor.hpp"
#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// What was read along the way.
struct spec_reading {
  module_state& state;
  engine& in;
  // A child can't start before the turn at hand is over: it is to run where
  // that runs.
  bool needs_this_turn_over = false;
};

/// (max_restarts or -1, within, (initial, maximum, factor, jitter, at_once)).
/// False: an exception is set.
bool read_restart_terms(PyObject* plain, std::optional<unsigned>& max_restarts,
                        std::chrono::nanoseconds& within,
                        backoff_terms& backoff);

/// ("worker" | "supervisor", ...). None: an exception is set.
std::optional<child_spec> read_child(spec_reading& r, PyObject* plain);

}  // namespace troupe
