// SPDX-License-Identifier: Apache-2.0
// The module troupe._launcher, for `python -m troupe`: the launcher in an
// ordinary Python. It lives in the file of the extension module troupe._core.
#pragma once

#include "pybridge/python.hpp"

PyMODINIT_FUNC PyInit__launcher();
