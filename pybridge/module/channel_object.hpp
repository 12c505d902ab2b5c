// SPDX-License-Identifier: Apache-2.0
// troupe._core.Channel: a channel as Python sees it. Queues, locks and
// executors are made of it (troupe/_queue.py, _sync.py, _executor.py).
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include "actors/channel.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {

/// What a parcel is; the second of the three that Python gets.
enum class parcel_kind : std::uint8_t {
  value,
  raised,       // an exception
  ended,        // the actor that was watched has ended; or merely a note
  undecodable,  // only in Python: it can't be rebuilt here, and why
};

/// What a Channel stands for.
channel& channel_of(PyObject* object) noexcept;
/// New reference or null.
PyObject* make_channel(module_state& state, ref_ptr<channel> shared);
/// False: an exception is set.
bool add_channel_type(PyObject* module, module_state& state);

/// Channel.run(), see there.
PyObject* run_tasks(PyObject* object, PyObject* args);
/// Channel.relay(), likewise.
PyObject* relay_tasks(PyObject* object, PyObject* args);

}  // namespace troupe
