// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/interpreter.hpp"

#include "base/assert.hpp"
#include "pybridge/interpreters/bootstrap.hpp"
#include "pybridge/interpreters/gilstate.hpp"
#include "pybridge/interpreters/interpreter_lock.hpp"
#include "pybridge/interpreters/left_behind.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {
namespace {

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
    : state_{state}, id_{PyInterpreterState_GetID(state)}, threads_{state} {}

bool interpreter::is_current() const noexcept {
  PyThreadState* const state = PyThreadState_GetUnchecked();
  return state != nullptr && state->interp == state_;
}

bool interpreter::interrupt(std::uint64_t token, const std::string& exception,
                            const std::function<bool()>& still) {
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
  if (running_.token() != token || (still && !still())) {
    return false;
  }
  running_.interrupt(std::move(type), still);
  return true;
}

interpreter::running_code interpreter::look() {
  const std::lock_guard lock{door_};
  if (closed_) {
    return {};
  }
  const visit scope{*this};
  // Under the GIL: what runs can't end, nor its state go, before this is done.
  running_code found;
  if (running_.token() != 0) {
    found.token = running_.token();
    found.stack = stack_of(running_.state());
  }
  found.suspended = stacks_of_tasks();  // runs Python code, so last
  return found;
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
  threads_.delete_all();
  core_state_ = nullptr;
  detail::note_ending(state_);
  Py_EndInterpreter(scope.state());
  scope.release();
  return end_result::ended;
}

interpreter::attach::attach(interpreter& home) noexcept
    : state_{home.threads_.of_this_thread()} {
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
    : state_{detail::attach_fresh_state(home.state_)} {}

interpreter::visit::~visit() {
  if (state_ != nullptr) {
    detail::delete_fresh_state(state_);
  }
}

interpreter::interruptible::interruptible(interpreter& home,
                                          std::uint64_t token) noexcept
    : home_{home} {
  TROUPE_ASSERT(home.is_current() && home.running_.token() == 0);
  home.running_.begin(token);
}

interpreter::interruptible::~interruptible() {
  TROUPE_ASSERT(home_.is_current());
  home_.running_.end();
}

interpreter::admission::admission(interpreter& home, admits what) noexcept
    : home_{home}, before_{home.running_.admitted()} {
  TROUPE_ASSERT(home.is_current());
  home.running_.admit(what);
}

interpreter::admission::~admission() {
  TROUPE_ASSERT(home_.is_current());
  home_.running_.admit(before_);
}

}  // namespace troupe
