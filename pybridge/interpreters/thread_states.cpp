// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/thread_states.hpp"

#include <atomic>

#include "base/assert.hpp"

namespace troupe::detail {
namespace {

// Who this thread is: its slot, which others will have after it, and a number
// that none had before.
struct thread_identity {
  static inline std::atomic<std::uint64_t> last{0};

  std::size_t slot = this_thread_slot();
  // Relaxed: only has to be unique.
  std::uint64_t number = last.fetch_add(1, std::memory_order_relaxed) + 1;
};
thread_local const thread_identity this_thread;

// Its thread is gone, or will never use it again. No thread's PyGILState
// refers to it: see gilstate.hpp.
void delete_state(PyThreadState* state) noexcept {
  PyThreadState_Clear(state);
  PyThreadState_Delete(state);
}

}  // namespace

PyThreadState* thread_states::of_this_thread() noexcept {
  entry& e = entries_[this_thread.slot];
  if (e.thread == this_thread.number) [[likely]] {
    return e.state;
  }
  return make(e);
}

PyThreadState* thread_states::make(entry& e) noexcept {
  if (e.state != nullptr) {  // of a thread that has ended
    PyThreadState* const visitor = attach_fresh_state(home_);
    delete_state(e.state);
    delete_fresh_state(visitor);
  }
  e = {PyThreadState_New(home_), this_thread.number};
  TROUPE_CHECK(e.state != nullptr);  // out of memory
  return e.state;
}

void thread_states::adopt(PyThreadState* state) noexcept {
  entries_[this_thread.slot] = {state, this_thread.number};
}

void thread_states::delete_all() noexcept {
  for (entry& e : entries_) {
    if (e.state != nullptr) {
      delete_state(e.state);
      e = {};
    }
  }
}

PyThreadState* attach_fresh_state(PyInterpreterState* home) noexcept {
  PyThreadState* const state = PyThreadState_New(home);
  TROUPE_CHECK(state != nullptr);  // out of memory
  PyEval_AcquireThread(state);
  return state;
}

void delete_fresh_state(PyThreadState* state) noexcept {
  PyThreadState_Clear(state);
  PyThreadState_DeleteCurrent();
}

}  // namespace troupe::detail
