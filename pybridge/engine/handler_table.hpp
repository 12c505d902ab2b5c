// SPDX-License-Identifier: Apache-2.0
// What an actor does with what comes: handlers by name, receive(), hooks.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <string>
#include <vector>

#include "base/symbol.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

struct handler_table {
  struct handler {
    symbol name;
    py_ref function;
  };

  /// Takes over `parts`, as troupe._actor.parts_of() answers it. False: an
  /// exception is set.
  bool read(PyObject* parts);
  PyObject* find(symbol name) const noexcept;  // borrowed, or null
  /// "; it has: add, top", or nothing.
  std::string names() const;

  std::vector<handler> handlers;  // sorted by name
  // Null where there is none.
  py_ref receive;
  py_ref stopping;
  py_ref down;
  py_ref exited;
  py_ref timed_out;
};

}  // namespace troupe
