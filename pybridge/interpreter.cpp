// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreter.hpp"

#include <atomic>

#include "base/assert.hpp"
#include "pybridge/bootstrap.hpp"
#include "pybridge/gilstate.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {
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

#if PY_VERSION_HEX < 0x030E0000
std::mutex interpreters;
#endif

// New reference; null with an exception set.
py_ref find_class(const std::string& name) {
  const auto colon = name.find(':');
  if (colon == std::string::npos) {
    PyErr_SetString(PyExc_ValueError, "not of the form module:Class");
    return {};
  }
  const auto module =
      py_ref::steal(PyImport_ImportModule(name.substr(0, colon).c_str()));
  if (!module) {
    return {};
  }
  return py_ref::steal(
      PyObject_GetAttrString(module.get(), name.c_str() + colon + 1));
}

}  // namespace

interpreter::interpreter(PyInterpreterState* state)
    : state_{state}, id_{PyInterpreterState_GetID(state)} {}

bool interpreter::is_current() const noexcept {
  PyThreadState* const state = PyThreadState_GetUnchecked();
  return state != nullptr && state->interp == state_;
}

PyThreadState* interpreter::state_of_this_thread() noexcept {
  cached_state& entry = states_[this_thread.slot];
  if (entry.thread == this_thread.number) [[likely]] {
    return entry.state;
  }
  return make_state(entry);
}

PyThreadState* interpreter::make_state(cached_state& entry) noexcept {
  if (entry.state != nullptr) {  // of a thread that has ended
    const visit scope{*this};
    PyThreadState_Clear(entry.state);
    PyThreadState_Delete(entry.state);
  }
  entry = {PyThreadState_New(state_), this_thread.number};
  TROUPE_CHECK(entry.state != nullptr);  // out of memory
  return entry.state;
}

void interpreter::adopt_state_of_this_thread(PyThreadState* state) noexcept {
  states_[this_thread.slot] = {state, this_thread.number};
}

void interpreter::delete_cached_states() noexcept {
  for (cached_state& entry : states_) {
    if (entry.state != nullptr) {
      PyThreadState_Clear(entry.state);
      PyThreadState_Delete(entry.state);
      entry = {};
    }
  }
}

bool interpreter::interrupt(std::uint64_t token, const std::string& exception) {
  const std::lock_guard lock{door_};
  if (closed_) {
    return false;
  }
  const visit scope{*this};
  auto type = find_class(exception);
  if (!type || !PyExceptionClass_Check(type.get())) {
    PyErr_Clear();
    type = py_ref::borrow(PyExc_KeyboardInterrupt);
  }
  // Under the GIL: what runs now can't end before this is done. The import
  // above may have let it go, so look only here.
  if (running_.token != token) {
    return false;
  }
  running_.interrupted = true;
  return PyThreadState_SetAsyncExc(running_.thread, type.get()) == 1;
}

end_result interpreter::end() {
  {
    const std::lock_guard lock{door_};
    closed_ = true;
  }
  {
    const visit scope{*this};
    if (!detail::finish()) {
      return end_result::left;
    }
  }
  const interpreter_lock lock;
  visit scope{*this};
  delete_cached_states();
  core_state_ = nullptr;
  Py_EndInterpreter(scope.state());
  scope.release();
  return end_result::ended;
}

interpreter::attach::attach(interpreter& home) noexcept
    : state_{home.state_of_this_thread()} {
  TROUPE_ASSERT(PyThreadState_GetUnchecked() == nullptr);
  PyEval_AcquireThread(state_);
}

interpreter::attach::~attach() {
  if (state_ == nullptr) {
    return;
  }
  TROUPE_ASSERT(PyThreadState_GetUnchecked() == state_);
  TROUPE_ASSERT(!PyErr_Occurred());
  detail::forget_gilstate(state_);
  PyEval_ReleaseThread(state_);
}

interpreter::visit::visit(interpreter& home) noexcept
    : state_{PyThreadState_New(home.state_)} {
  TROUPE_CHECK(state_ != nullptr);  // out of memory
  PyEval_AcquireThread(state_);
}

interpreter::visit::~visit() {
  if (state_ != nullptr) {
    PyThreadState_Clear(state_);
    PyThreadState_DeleteCurrent();
  }
}

interpreter::interruptible::interruptible(interpreter& home,
                                          std::uint64_t token) noexcept
    : home_{home} {
  TROUPE_ASSERT(home.is_current() && home.running_.token == 0 && token != 0);
  home.running_ = {token, PyThread_get_thread_ident(), false};
}

interpreter::interruptible::~interruptible() {
  TROUPE_ASSERT(home_.is_current());
  if (home_.running_.interrupted) {
    PyThreadState_SetAsyncExc(home_.running_.thread, nullptr);
  }
  home_.running_.token = 0;
}

#if PY_VERSION_HEX < 0x030E0000
interpreter_lock::interpreter_lock() noexcept { interpreters.lock(); }
interpreter_lock::~interpreter_lock() { interpreters.unlock(); }
#else
interpreter_lock::interpreter_lock() noexcept = default;
interpreter_lock::~interpreter_lock() = default;
#endif

}  // namespace troupe
