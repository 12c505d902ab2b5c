// SPDX-License-Identifier: Apache-2.0
// Starts a child process: this program again, with a socket to its parent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "pybridge/process/descriptor.hpp"

namespace troupe {

struct process_launch {
  std::vector<std::string> argv;  // the program first
  std::string settings;           // what the child's Python is to take over
};

struct launched_process {
  pid_t pid;
  descriptor handle;  // a pidfd: can be read when the process has ended
  descriptor socket;  // our end
};

/// Where the child finds its end of the socket, and a file with the settings.
inline constexpr int child_socket = 3;
inline constexpr int child_settings = 4;

/// Any thread. Whoever calls this must wait for the process (waitid).
///
/// The child has this process's environment, folder, stdout and stderr, and an
/// empty stdin. SIGINT is blocked there: Ctrl-C is the parent's to answer.
result<launched_process> launch_process(const process_launch& what);

}  // namespace troupe
