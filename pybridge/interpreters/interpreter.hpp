// SPDX-License-Identifier: Apache-2.0
// A Python interpreter with its own GIL (or the main one), and the ways in.
//
// Made by runtime::create(), used by attaching, ended once by the reaper. After
// that the object is an empty shell that may live on in references.
#pragma once

#include "pybridge/python.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/ref_counted.hpp"
#include "base/roles.hpp"
#include "pybridge/interpreters/python_stack.hpp"
#include "pybridge/interpreters/running_turn.hpp"
#include "pybridge/interpreters/thread_states.hpp"

namespace troupe {

/// What end() came to.
enum class end_result {
  ended,
  left,  // its own daemon threads still run, so its memory stays for good
};

class interpreter final : public ref_counted {
public:
  class attach;
  class visit;
  class interruptible;
  class admission;

  /// For runtime.
  explicit interpreter(PyInterpreterState* state);

  std::int64_t id() const noexcept { return id_; }
  bool is_main() const noexcept { return id_ == 0; }
  /// True if the calling thread is attached to this interpreter.
  bool is_current() const noexcept;

  /// For the module state of troupe._core: set when it is made, null when it
  /// goes.
  void* core_state() const noexcept TROUPE_REQUIRES(gil) { return core_state_; }
  void set_core_state(void* state) noexcept TROUPE_REQUIRES(gil) {
    core_state_ = state;
  }

  /// Detached. Raises `exception` ("module:Class"; KeyboardInterrupt if that
  /// can't be imported) in what runs as interruptible under `token`; does
  /// nothing when that isn't running. Lands at the next bytecode that admits
  /// it: a blocked C call goes on. Blocks until it gets this GIL, so it is for
  /// service threads: see runtime::interrupt().
  /// `still`: asked at the last moment, under the GIL; empty for a kill.
  bool interrupt(std::uint64_t token, const std::string& exception,
                 const std::function<bool()>& still = {}) TROUPE_EXCLUDES(gil);

  /// What runs as interruptible; under token 0 nothing does.
  struct running_code {
    std::uint64_t token = 0;
    python_stack stack;
    std::vector<suspended_tasks> suspended{};  // of all actors here
  };
  /// Detached. Blocks until it gets this GIL, which code in C may keep for
  /// long: so it is for service threads, see runtime::look().
  running_code look() TROUPE_EXCLUDES(gil);

  /// Detached, once, when no turn will ever run here again. Joins the threads
  /// that the user started, runs atexit functions, flushes: may block for ever,
  /// so it is for the reaper.
  end_result end() TROUPE_EXCLUDES(gil);

private:
  friend class runtime;

  ~interpreter() override = default;

  // Constant after construction.
  PyInterpreterState* const state_;
  const std::int64_t id_;

  detail::thread_states threads_;  // see there

  // The settings that it has: runtime's, which uses it for one thread at a
  // time.
  std::uint64_t settings_version_ = 0;

  // Guarded by its GIL.
  void* core_state_ = nullptr;
  running_turn running_;

  // Held by a foreign thread while it is attached; end() closes the door.
  std::mutex door_;
  bool closed_ = false;  // guarded by door_
};

/// Attaches the calling thread, which must be detached, for a scope: 52 ns with
/// its detach (//bench:interpreter), and a visit more when it is the first.
class TROUPE_SCOPED_CAPABILITY interpreter::attach {
public:
  explicit attach(interpreter& home) noexcept TROUPE_ACQUIRE(gil);
  ~attach() TROUPE_RELEASE();
  attach(const attach&) = delete;
  attach& operator=(const attach&) = delete;

  /// The scope is over already: Py_FinalizeEx() took the state with it.
  void release() noexcept { state_ = nullptr; }

private:
  PyThreadState* state_;
};

/// As attach, with a thread state that is gone afterwards, for threads that
/// come once: 1 us, or 15 us if Python code runs; 40 us more on the process's
/// first thread, whose stack limits are hard to find out.
class TROUPE_SCOPED_CAPABILITY interpreter::visit {
public:
  explicit visit(interpreter& home) noexcept TROUPE_ACQUIRE(gil);
  ~visit() TROUPE_RELEASE();
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;

  PyThreadState* state() const noexcept { return state_; }
  /// The visit is over already: Py_EndInterpreter() took the state with it.
  void release() noexcept { state_ = nullptr; }

private:
  PyThreadState* state_;
};

/// States what runs from here to the end of the scope, for interrupt(). An
/// interrupt that comes too late for the handler is gone with the scope. To
/// kill an actor: mark it, then interrupt its token; and look for the mark
/// after this scope has begun. Then one of the two takes effect.
class interpreter::interruptible {
public:
  /// Attached to `home`. `token` is not 0.
  interruptible(interpreter& home, std::uint64_t token) noexcept
      TROUPE_REQUIRES(gil);
  ~interruptible();
  interruptible(const interruptible&) = delete;
  interruptible& operator=(const interruptible&) = delete;

private:
  interpreter& home_;
};

/// What may be raised in the rest of the scope, by interrupts of what runs as
/// interruptible; does nothing if nothing does. What isn't admitted waits until
/// it is, or is gone with the turn. Code of ours that an exception from outside
/// would leave half done admits nothing.
class interpreter::admission {
public:
  admission(interpreter& home, admits what) noexcept TROUPE_REQUIRES(gil);
  ~admission();
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// What was admitted until this scope began.
  admits before() const noexcept { return before_; }

private:
  interpreter& home_;
  const admits before_;
};

/// Detaches an attached thread for a scope that waits or works without Python.
class detached {
public:
  detached() noexcept : state_{PyEval_SaveThread()} {}
  ~detached() { PyEval_RestoreThread(state_); }
  detached(const detached&) = delete;
  detached& operator=(const detached&) = delete;

private:
  PyThreadState* const state_;
};

}  // namespace troupe
