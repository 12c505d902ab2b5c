// SPDX-License-Identifier: Apache-2.0
// Lets its user see what a program does: on SIGQUIT (Ctrl-\) it prints that to
// stderr, and to `troupe tree PID` it sends it. The program goes on.
//
// Who may ask: only processes of the same user. They find it by a socket with
// an abstract name, which leaves no file behind.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/result.hpp"

namespace troupe {

class inspection {
public:
  /// By the first thread, once. `describe` is called on a thread of its own,
  /// which sleeps until somebody asks.
  explicit inspection(std::function<std::string()> describe);
  /// From now on SIGQUIT does nothing. Waits for an answer in progress.
  ~inspection();
  inspection(const inspection&) = delete;
  inspection& operator=(const inspection&) = delete;

private:
  void run() noexcept;
  void answer_signal() const noexcept;
  void answer_client() const noexcept;

  // Constant after construction.
  const std::function<std::string()> describe_;
  int wake_ = -1;    // an eventfd: SIGQUIT has come, or this ends
  int listen_ = -1;  // -1: nobody can connect
  std::thread thread_;
};

/// What `troupe tree` prints. Detached from everything; blocks until the
/// process has answered. An error's text is one message for people.
result<std::string> ask_process(int pid);

}  // namespace troupe
