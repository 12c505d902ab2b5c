// SPDX-License-Identifier: Apache-2.0
// How something is sent to an actor: what ref.options(...) sets.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <optional>

#include "scheduler/scheduler.hpp"

namespace troupe {

class engine;

/// No limit.
inline constexpr clock_duration no_limit = clock_duration::max();

struct send_options {
  std::optional<clock_duration> timeout{};  // none: the system's default
  bool priority = false;

  bool operator==(const send_options&) const noexcept = default;
};

/// Reads "seconds, or None for no limit" (borrowed) as the limit of requests.
/// `what` is named in the error. False: an exception is set.
bool read_limit(PyObject* seconds, const char* what, clock_duration& out);
/// Seconds, or None. New reference or null.
PyObject* limit_to_python(clock_duration limit);

/// What options(...) makes of `options`. False: an exception is set.
bool read_options(PyObject* args, PyObject* kwargs, send_options& options);

}  // namespace troupe
