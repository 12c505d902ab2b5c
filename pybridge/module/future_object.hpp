// SPDX-License-Identifier: Apache-2.0
// troupe.Future: the answer to an ask.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/actor_ref.hpp"
#include "actors/completion.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// False: an exception is set.
bool add_future_type(PyObject* module, module_state& state);

/// The future of `answer`, which `asked` will give. New reference or null.
PyObject* make_future(module_state& state, ref_ptr<completion> answer,
                      actor_ref asked);

/// What a troupe.Future waits for. Borrowed.
completion& answer_of(PyObject* future);

}  // namespace troupe
