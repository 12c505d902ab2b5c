// SPDX-License-Identifier: Apache-2.0
// CPython in this process: starts it (or adopts one that runs), makes
// interpreters, interrupts what runs in them.
//
// The one object that CPython forces to be single. It is made in main(), or by
// the module's init, and passed down.
#pragma once

#include "pybridge/python.hpp"

#include <pthread.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "pybridge/interpreters/interpreter.hpp"
#include "pybridge/interpreters/service_threads.hpp"

namespace troupe {

/// An extension module that is linked into the program.
struct builtin_module {
  const char* name;  // full: "troupe._core"; lives as long as the program
  PyObject* (*init)();
};

struct embed_options {
  std::vector<std::string> argv;  // sys.argv
  std::vector<builtin_module> builtins;
  std::string log_level = "WARNING";  // of `logging`, in every interpreter
};

class runtime {
public:
  /// By the process's first thread, once in a process, for a program of ours.
  /// Python behaves as an ordinary one (environment variables, an active
  /// virtual environment, site-packages, Ctrl-C). Returns detached.
  static result<std::unique_ptr<runtime>> embed(embed_options options)
      TROUPE_NO_ROLE_CHECK;
  /// By a thread of an ordinary Python that is attached to its main
  /// interpreter. Finalization stays with that Python, and must come later.
  /// `log_level`: as in embed_options, if the program is ours, run by the
  /// process's first thread; empty if it is somebody else's.
  static result<std::unique_ptr<runtime>> adopt(
      const std::string& log_level = "") TROUPE_REQUIRES(gil);

  /// Detached, by the thread that made it, when the interpreters have ended.
  /// An embedded Python is finalized; but if an interpreter leaked, only its
  /// threads are joined, atexit functions run, and output flushed.
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// The main interpreter. A thread that has a Python thread state of its own
  /// there (any, under an ordinary Python) must use that instead.
  interpreter& main() noexcept { return *main_; }

  /// What note_settings() has noted last. Any thread.
  std::string settings_text() const { return current_settings().text; }
  /// Whether Python was started by a program of ours. Any thread.
  bool embedded() const noexcept { return embedded_; }

  /// Whether embed_options::log_level lets warnings through. Any thread.
  bool shows_warnings() const noexcept { return shows_warnings_; }

  /// Detached; any thread; several at a time. Takes 10 ms.
  result<ref_ptr<interpreter>> create() TROUPE_EXCLUDES(gil);

  /// Attached to the main interpreter: notes its sys.path, sys.argv and
  /// __main__ as they are now, for interpreters that are created or renewed.
  result<void> note_settings() TROUPE_REQUIRES(gil);
  /// Detached. Brings an interpreter that was created earlier up to date.
  result<void> renew(interpreter& home) TROUPE_EXCLUDES(gil);

  /// Detached, when all engines have ended as far as they can, and Python is
  /// about to be finalized: sees to it that this does no harm; see
  /// left_behind.hpp. From now on nothing may be created. Takes a second at
  /// most.
  void before_finalization() TROUPE_EXCLUDES(gil);

  /// Any thread; doesn't block. See interpreter::interrupt().
  void interrupt(ref_ptr<interpreter> home, std::uint64_t token,
                 std::string exception, std::function<bool()> still = {});
  /// Any thread; doesn't block. Hands interpreter::look() of it to `seen`, on a
  /// service thread; never, if the GIL doesn't come.
  void look(ref_ptr<interpreter> home,
            std::function<void(interpreter::running_code)> seen);
  /// Any thread; doesn't block. As Ctrl-C in an ordinary Python: Python's
  /// handler of SIGINT runs on the first thread, so KeyboardInterrupt is raised
  /// there, also out of a system call that waits. In programs of ours only.
  void interrupt_main() noexcept;

private:
  bool shows_warnings_ = true;  // constant once embed() is over
  runtime(bool embedded, std::string bootstrap);
  static result<std::unique_ptr<runtime>> start(bool embedded,
                                                const std::string& log_level)
      TROUPE_REQUIRES(gil);
  result<void> set_up(interpreter& home) const TROUPE_REQUIRES(gil);
  struct settings {
    std::string text;
    std::uint64_t version = 0;
  };
  settings current_settings() const;

  // Constant after construction.
  const bool embedded_;
  const pthread_t first_thread_ = pthread_self();
  const std::string bootstrap_;  // compiled
  const ref_ptr<interpreter> main_;

  mutable std::mutex m_;
  settings settings_;  // guarded by m_

  service_threads interrupters_;
  service_threads lookers_;
};

}  // namespace troupe
