// SPDX-License-Identifier: Apache-2.0
// troupe._core.Waker: a waker as Python sees it; troupe/_loop.py uses it.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/module/module_state.hpp"
#include "pybridge/module/waker.hpp"

namespace troupe {

/// `object` is a Waker.
waker& waker_of(PyObject* object) noexcept;
/// False: an exception is set.
bool add_waker_type(PyObject* module, module_state& state);

}  // namespace troupe
