// SPDX-License-Identifier: Apache-2.0
// The arguments of spawn(), and of all else that says what an actor is.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// `args`: the target, then the actor's own; `kwargs` (or null): our keywords,
/// the others being the actor's. False: an exception is set.
bool read_spawn_arguments(module_state& state, PyObject* args, PyObject* kwargs,
                          engine_spawn& out);

}  // namespace troupe
