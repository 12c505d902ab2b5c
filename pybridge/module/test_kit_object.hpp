// SPDX-License-Identifier: Apache-2.0
// troupe._core.TestKit: the strings that troupe.testing pulls.
//
// Everything here needs the GIL of the main interpreter.
#pragma once

#include "pybridge/python.hpp"

#include "pybridge/engine/engine.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// What a TestKit pulls the strings of.
engine& engine_under(PyObject* kit) noexcept;
/// Reads seconds, zero or more, for `what`. False: an exception is set.
bool read_seconds(PyObject* seconds, const char* what, clock_duration& out);

/// False: an exception is set.
bool add_test_kit_type(PyObject* module, module_state& state);

}  // namespace troupe
