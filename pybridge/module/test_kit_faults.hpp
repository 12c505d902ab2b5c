// SPDX-License-Identifier: Apache-2.0
// The faults that a test has happen. Methods of TestKit: each answers None, or
// null with an exception set.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

PyObject* kit_kill(PyObject* self, PyObject* args);
PyObject* kit_delay(PyObject* self, PyObject* args);
PyObject* kit_refuse(PyObject* self, PyObject* args);
PyObject* kit_drop(PyObject* self, PyObject* args);
PyObject* kit_fail_start(PyObject* self, PyObject* args);

}  // namespace troupe
