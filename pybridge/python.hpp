// SPDX-License-Identifier: Apache-2.0
// The one place that includes <Python.h>; every pybridge header includes this
// file first of all.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static_assert(PY_VERSION_HEX >= 0x030D0000,
              "Troupe needs CPython 3.13 or newer (3.14 is the target)");
