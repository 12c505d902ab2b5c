// SPDX-License-Identifier: Apache-2.0
// troupe.Ref: the handle to an actor.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <vector>

#include "actors/actor_ref.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// Makes the type and keeps it in `state`; tells the data layer how refs cross.
/// False: an exception is set.
bool add_ref_type(PyObject* module, module_state& state);

/// New reference, or null with an exception set.
PyObject* make_ref(module_state& state, const actor_ref& ref);

/// A list of Refs. New reference, or null with an exception set.
PyObject* make_ref_list(module_state& state,
                        const std::vector<actor_ref>& refs);

/// The actor behind a troupe.Ref (borrowed), or null if it is something else.
const actor_ref* actor_of(module_state& state, PyObject* object);

}  // namespace troupe
