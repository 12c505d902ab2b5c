// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/actor_loop.hpp"

namespace troupe {
namespace {

py_ref attribute(const py_ref& object, const char* name) {
  return py_ref::steal(PyObject_GetAttrString(object.get(), name));
}

// The sender of the request is a context variable while its task runs.
class sender_scope {
public:
  sender_scope(PyObject* variable, actor_id sender) : variable_{variable} {
    const auto id = py_ref::steal(
        PyLong_FromUnsignedLongLong(static_cast<unsigned long long>(sender)));
    token_ = py_ref::steal(id ? PyContextVar_Set(variable, id.get()) : nullptr);
  }
  ~sender_scope() {
    if (token_) {
      PyObject* const raised = PyErr_GetRaisedException();
      PyContextVar_Reset(variable_, token_.get());
      PyErr_SetRaisedException(raised);
    }
  }
  sender_scope(const sender_scope&) = delete;
  sender_scope& operator=(const sender_scope&) = delete;

  explicit operator bool() const noexcept { return static_cast<bool>(token_); }

private:
  PyObject* const variable_;  // borrowed from the module state
  py_ref token_;
};

}  // namespace

bool actor_loop::make(module_state&) {
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._loop"));
  const auto made = py_ref::steal(
      module ? PyObject_CallMethod(module.get(), "ActorLoop", nullptr)
             : nullptr);
  if (!made) {
    return false;
  }
  start_ = attribute(made, "start");
  drive_ = attribute(made, "drive");
  ready_ = attribute(made, "_ready");
  finished_ = attribute(made, "finished");
  if (!start_ || !drive_ || !ready_ || !finished_) {
    return false;
  }
  loop_ = py_ref::borrow(made.get());
  return true;
}

py_ref actor_loop::start(module_state& state, py_ref coroutine,
                         actor_id sender) {
  if (!loop_ && !make(state)) {
    return {};
  }
  const sender_scope scope{state.sender_variable.get(), sender};
  return scope
             ? py_ref::steal(PyObject_CallOneArg(start_.get(), coroutine.get()))
             : py_ref{};
}

bool actor_loop::has_ready() const noexcept {
  return loop_ && PyObject_IsTrue(ready_.get()) == 1;
}

bool actor_loop::drive() {
  const auto done = py_ref::steal(PyObject_CallNoArgs(drive_.get()));
  return static_cast<bool>(done);
}

std::vector<actor_loop::finished> actor_loop::take_finished() {
  std::vector<finished> taken;
  if (!loop_) {
    return taken;
  }
  const Py_ssize_t count = PyList_GET_SIZE(finished_.get());
  for (Py_ssize_t i = 0; i < count; ++i) {
    const auto found = in_flight_.extract(PyList_GET_ITEM(finished_.get(), i));
    if (!found.empty()) {
      taken.push_back(std::move(found.mapped()));
    }
  }
  if (count > 0) {
    PyList_SetSlice(finished_.get(), 0, count, nullptr);
  }
  return taken;
}

std::vector<actor_loop::finished> actor_loop::take_all() {
  std::vector<finished> taken;
  taken.reserve(in_flight_.size());
  for (auto& [key, value] : in_flight_) {
    taken.push_back(std::move(value));
  }
  in_flight_.clear();
  return taken;
}

py_ref actor_loop::finish(module_state& state, py_ref coroutine) {
  if (!loop_ && !make(state)) {
    return {};
  }
  return py_ref::steal(
      PyObject_CallMethod(loop_.get(), "finish", "O", coroutine.get()));
}

void actor_loop::end(bool killed) noexcept {
  if (!loop_) {
    return;
  }
  const auto done = py_ref::steal(
      PyObject_CallMethod(loop_.get(), killed ? "close" : "end", nullptr));
  if (!done) {
    PyErr_WriteUnraisable(loop_.get());
  }
  in_flight_.clear();
  for (py_ref* object : {&finished_, &ready_, &drive_, &start_, &loop_}) {
    object->reset();
  }
}

py_ref result_of(PyObject* task) {
  return py_ref::steal(PyObject_CallMethod(task, "result", nullptr));
}

bool is_done(PyObject* task) {
  const auto done = py_ref::steal(PyObject_CallMethod(task, "done", nullptr));
  return done && done.get() == Py_True;
}

}  // namespace troupe
