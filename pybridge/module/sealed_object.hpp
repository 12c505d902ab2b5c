// SPDX-License-Identifier: Apache-2.0
// troupe._core.Sealed: a value, encoded once, that is decoded where and as
// often as it is asked for; troupe/_shipping.py uses it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/data/sealed.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

sealed& sealed_of(PyObject* object) noexcept;
/// New reference or null.
PyObject* make_sealed(module_state& state, ref_ptr<sealed> shared);
/// False: an exception is set.
bool add_sealed_type(PyObject* module, module_state& state);

}  // namespace troupe
