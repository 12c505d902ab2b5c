// SPDX-License-Identifier: Apache-2.0
// C functions of other shapes than PyCFunction, for PyMethodDef tables.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

/// The flags of the entry say what `f` really is; CPython casts it back.
template <typename Function>
PyCFunction as_method(Function* f) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

}  // namespace troupe
