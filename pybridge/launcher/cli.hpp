// SPDX-License-Identifier: Apache-2.0
// The launcher's command line, as plain data. Knows nothing of Python.
//
//   troupe run [--workers N] [--log-level LEVEL]
//     [--ask-timeout SECONDS] [--drain SECONDS]
//              [--timeout SECONDS] TARGET [ARGS...]
//   troupe map [OPTIONS] MODULE:FUNCTION
//   troupe check TARGET
//   troupe doctor MODULE...
//   troupe tree PID
//
// Everything after the TARGET of `run` belongs to the program, also what looks
// like an option of ours; one `--` directly after TARGET is dropped.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pybridge/version.hpp"

namespace troupe {

inline constexpr unsigned max_workers = 256;

/// What --log-level and log_level in a system file may be; upper case.
bool is_log_level(std::string_view name) noexcept;
inline constexpr const char* log_levels =
    "DEBUG, INFO, WARNING, ERROR, CRITICAL";

struct run_command {
  std::string target;
  std::vector<std::string> args;
  std::optional<unsigned> workers;
  std::optional<std::string> log_level;  // one of log_levels
  std::optional<double> ask_timeout;     // seconds; infinity: none
  // Of the shutdown, in seconds.
  std::optional<double> drain;
  std::optional<double> timeout;
};

struct check_command {
  std::string target;
};

struct doctor_command {
  std::vector<std::string> modules;  // at least one
  /// Set in a child of the doctor's: what it finds goes to this descriptor.
  std::optional<int> report_to;
};

struct tree_command {
  int pid;
};

/// --help or --version: goes to stdout; exit code 0.
struct show_text {
  std::string text;
};

/// One message with its remedy: goes to stderr; exit code 2.
struct usage_error {
  std::string text;
};

using command_line = std::variant<run_command, check_command, doctor_command,
                                  tree_command, show_text, usage_error>;

/// `python_version` is what --version adds.
command_line parse_command_line(int argc, const char* const* argv,
                                const std::string& python_version);

}  // namespace troupe
