// SPDX-License-Identifier: Apache-2.0
// What runs in an interpreter and can be interrupted: an exception is raised in
// it from outside, at the next bytecode that admits it.
//
// CPython raises it wherever the thread happens to be. In a user's handler that
// is what was asked for; in the event loop of an actor it would lose a wake-up,
// and the actor would wait for ever. So ours admits none, and it waits.
//
// All of it is guarded by the interpreter's GIL.
#pragma once

#include "pybridge/python.hpp"

#include <cstdint>
#include <functional>

#include "pybridge/py_ref.hpp"

namespace troupe {

/// Which interrupts may be raised now.
enum class admits : std::uint8_t {
  nothing,
  kills,  // after which nothing of this turn goes on
  everything,
};

class running_turn {
public:
  /// 0: nothing that could be interrupted runs.
  std::uint64_t token() const noexcept { return token_; }
  /// Of the thread that runs it.
  PyThreadState* state() const noexcept { return state_; }
  admits admitted() const noexcept { return admitted_; }

  /// The calling thread begins it. `token` is not 0.
  void begin(std::uint64_t token) noexcept;
  /// What wasn't raised by now never is.
  void end() noexcept;
  void admit(admits what) noexcept;
  /// Raises `type` as soon as that is admitted, if `still` says so then. It is
  /// empty for a kill, which takes the place of anything that waits.
  void interrupt(py_ref type, std::function<bool()> still);

private:
  bool is_kill() const noexcept { return !still_; }
  void raise_or_wait() noexcept;
  bool take_back() noexcept;

  std::uint64_t token_ = 0;
  PyThreadState* state_ = nullptr;
  admits admitted_ = admits::everything;
  bool waits_ = false;
  // What is to be raised, or was raised last.
  py_ref type_;
  std::function<bool()> still_;
};

}  // namespace troupe
