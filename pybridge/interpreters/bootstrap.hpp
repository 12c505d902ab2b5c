// SPDX-License-Identifier: Apache-2.0
// The Python half of a new interpreter: troupe/_bootstrap.py, which is compiled
// into the program, and what it hands from the main interpreter to others.
#pragma once

#include "pybridge/python.hpp"

#include <string>

#include "base/result.hpp"
#include "base/roles.hpp"

namespace troupe::detail {

/// The exception that is set, as an error; clears it.
error take_python_error(errc code, const std::string& context)
    TROUPE_REQUIRES(gil);

/// Compiled code of _bootstrap.py, marshalled, for load_bootstrap() anywhere.
result<std::string> compile_bootstrap() TROUPE_REQUIRES(gil);
/// Makes the module troupe._bootstrap in the current interpreter.
result<void> load_bootstrap(const std::string& code) TROUPE_REQUIRES(gil);

/// The main interpreter: runs `site` if the program embeds Python.
result<void> start_main(bool embedded, const std::string& log_level)
    TROUPE_REQUIRES(gil);
/// The main interpreter: sys.path, sys.argv, __main__ ... for others.
result<std::string> read_settings() TROUPE_REQUIRES(gil);
/// Another interpreter, once: from here on it is as the user expects.
result<void> start_actor_interpreter(const std::string& settings)
    TROUPE_REQUIRES(gil);
/// Another interpreter: takes over what has changed in the main one.
result<void> renew_settings(const std::string& settings) TROUPE_REQUIRES(gil);

/// Joins the threads that the user started, runs atexit functions, flushes.
/// False: daemon threads still run. Reports exceptions as unraisable.
bool finish() noexcept TROUPE_REQUIRES(gil);

}  // namespace troupe::detail
