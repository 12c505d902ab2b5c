// SPDX-License-Identifier: Apache-2.0
// troupe.Router and troupe.Pool: what a router is managed by.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/actor_ref.hpp"
#include "actors/routing/router.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_router_types(PyObject* module, module_state& state);

/// A Pool if it is one. New reference, or null with an exception set.
PyObject* make_router(module_state& state, ref_ptr<router> what,
                      const actor_ref& ref);

/// The actor behind a troupe.Router.
const actor_ref& actor_of_router(PyObject* object) noexcept;

}  // namespace troupe
