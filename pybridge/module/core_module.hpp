// SPDX-License-Identifier: Apache-2.0
// troupe._core: the extension module. One copy of its state an interpreter.
#pragma once

#include "pybridge/python.hpp"

/// The module's init function, also for PyImport_AppendInittab().
PyMODINIT_FUNC PyInit__core();
