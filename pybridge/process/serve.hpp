// SPDX-License-Identifier: Apache-2.0
// What a child process does from its beginning to its end.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

/// troupe._core.serve_process(socket): runs the parent's actors until it has
/// closed the link. By the process's first thread.
PyObject* serve_process(PyObject* module, PyObject* socket);
extern const char* const serve_process_doc;

}  // namespace troupe
