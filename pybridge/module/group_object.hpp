// SPDX-License-Identifier: Apache-2.0
// troupe.Group: actors that are told as one.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/group.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_group_type(PyObject* module, module_state& state);

/// New reference, or null with an exception set.
PyObject* make_group(module_state& state, ref_ptr<group> g);

/// The group behind a troupe.Group. Borrowed.
group& group_of(PyObject* object) noexcept;

}  // namespace troupe
