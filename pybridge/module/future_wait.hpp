// SPDX-License-Identifier: Apache-2.0
// Waiting for answers, in any thread: how long, for whom never, and the words
// for what went wrong.
//
// Everything here needs the GIL of the interpreter that the objects live in.
#pragma once

#include "pybridge/python.hpp"

#include <string>

#include "actors/actor_ref.hpp"
#include "actors/asking/completion.hpp"
#include "base/symbol.hpp"
#include "pybridge/module/send_options.hpp"

namespace troupe {

/// What an asker knows of its request.
struct request {
  ref_ptr<completion> answer;
  actor_ref asked;
  symbol handler = symbol::none;  // none: receive()
  clock_duration limit = no_limit;
  bool by_default = false;  // the limit is the system's
};

/// A request that is about to be sent; its time runs from now on.
request begin_request(const actor_ref& asked, symbol handler,
                      const send_options& options);

/// Waits detached, at most `seconds` (borrowed; null or None: up to the
/// request's deadline). `r` must stay. False: an exception is set.
bool wait_for_answer(const request& r, PyObject* seconds);

/// For a request whose deadline has passed.
std::string words_if_expired(const request& r);
/// "2.5 s"
std::string in_seconds(clock_duration time);

}  // namespace troupe
