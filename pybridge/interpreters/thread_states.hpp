// SPDX-License-Identifier: Apache-2.0
// The thread states of one interpreter: one for each OS thread that attaches.
//
// They are made at a thread's first attach, kept until the interpreter ends,
// and never used on another OS thread (CPython 3.14 computes stack limits for
// the thread that a state first runs on). The cache is indexed by
// this_thread_slot(). Slots are used again when their thread has ended, so each
// entry also names its thread by a number that never comes twice; an entry of
// a thread that is gone is replaced.
#pragma once

#include "pybridge/python.hpp"

#include <array>
#include <cstdint>

#include "base/roles.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe::detail {

class thread_states {
public:
  explicit thread_states(PyInterpreterState* home) noexcept : home_{home} {}
  thread_states(const thread_states&) = delete;
  thread_states& operator=(const thread_states&) = delete;

  /// Detached. Of the calling thread; 1 ns if it has been here before.
  PyThreadState* of_this_thread() noexcept;

  /// For a thread that has a state already: the one that initialised Python.
  void adopt(PyThreadState* state) noexcept;

  /// Attached with a state that isn't in here, before the interpreter ends.
  /// CPython 3.13 needs it, and 3.14 would never free what is left.
  void delete_all() noexcept TROUPE_REQUIRES(gil);

private:
  struct entry {
    PyThreadState* state = nullptr;
    std::uint64_t thread = 0;
  };

  PyThreadState* make(entry& e) noexcept;

  PyInterpreterState* const home_;
  // Each is read and written by the thread whose slot it is; by others only at
  // the end.
  std::array<entry, max_thread_slots> entries_;
};

/// A state for a short stay, attached; of a thread that must be detached.
PyThreadState* attach_fresh_state(PyInterpreterState* home) noexcept;
/// Its end: the thread is detached, and the state gone.
void delete_fresh_state(PyThreadState* state) noexcept;

}  // namespace troupe::detail
