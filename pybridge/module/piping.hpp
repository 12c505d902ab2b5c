// SPDX-License-Identifier: Apache-2.0
// future.pipe_to(): what a request comes to is the message to another actor.
//
// The answer isn't decoded on the way, and who piped it may be gone by then.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

/// Attached. The method of troupe.Future.
PyObject* pipe_future(PyObject* future, PyObject* args, PyObject* kwargs);

}  // namespace troupe
