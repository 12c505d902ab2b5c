// SPDX-License-Identifier: Apache-2.0
// troupe.Future: the answer to an ask.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/asking/completion.hpp"
#include "pybridge/module/future_wait.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_future_type(PyObject* module, module_state& state);

/// The future of a request. New reference or null.
PyObject* make_future(module_state& state, request asked);

/// What a troupe.Future waits for. Borrowed.
const request& request_of(PyObject* future);
inline completion& answer_of(PyObject* future) {
  return *request_of(future).answer;
}

}  // namespace troupe
