// SPDX-License-Identifier: Apache-2.0
// From the command line to the exit code: what the program `troupe` and
// `python -m troupe` have in common. They differ in how they come by Python.
#pragma once

#include "pybridge/python.hpp"

#include <functional>
#include <string>
#include <vector>

#include "base/roles.hpp"
#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

inline constexpr int exit_failed = 1;
inline constexpr int exit_unusable = 2;

/// Where a task runs.
struct launch_host {
  runtime& python;
  std::vector<std::string> command;  // starts another launcher like this one
};

/// What is to be done in Python.
struct launch_task {
  std::vector<std::string> argv;
  std::string log_level = "WARNING";
  bool can_be_inspected = false;  // see inspection.hpp
  bool watches_signals = true;
  // Attached. The exit code as an int, or null with an exception set.
  std::function<py_ref(const launch_host&)> call;
};

/// Runs a task in its Python; answers the exit code.
using launch_runner = std::function<int(const launch_task&)>;

/// Reads the command line, does what needs no Python, and hands the rest to
/// `run`. Answers the exit code.
int launch_with(int argc, const char* const* argv, const launch_runner& run);

/// Attached to the main interpreter, where `troupe` can be imported. SIGINT and
/// SIGTERM are the launcher's from here on.
int run_attached(const launch_host& host, const launch_task& what)
    TROUPE_REQUIRES(gil);

/// Detached. What `troupe tree` shows of this process.
std::string describe_process() TROUPE_EXCLUDES(gil);

/// Says it on stderr; answers `code`.
int complain(const std::string& what, int code = exit_unusable);

}  // namespace troupe
