// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/actor_loop.hpp"

#include <algorithm>
#include <utility>

#include "actors/asking/completion.hpp"

namespace troupe {
namespace {

py_ref attribute(const py_ref& object, const char* name) {
  return py_ref::steal(PyObject_GetAttrString(object.get(), name));
}

// What a task is about is in context variables while it runs.
class variable_scope {
public:
  variable_scope(const py_ref& variable, std::uint64_t value)
      : variable_{variable.get()} {
    const auto number = py_ref::steal(PyLong_FromUnsignedLongLong(value));
    token_ = py_ref::steal(number ? PyContextVar_Set(variable_, number.get())
                                  : nullptr);
  }
  ~variable_scope() {
    if (token_) {
      PyObject* const raised = PyErr_GetRaisedException();
      PyContextVar_Reset(variable_, token_.get());
      PyErr_SetRaisedException(raised);
    }
  }
  variable_scope(const variable_scope&) = delete;
  variable_scope& operator=(const variable_scope&) = delete;

  explicit operator bool() const noexcept { return static_cast<bool>(token_); }

private:
  PyObject* const variable_;  // borrowed from the module state
  py_ref token_;
};

}  // namespace

bool actor_loop::make() {
  const interpreter::admission none{home_, admits::nothing};
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
  loop_ = made;
  return true;
}

py_ref actor_loop::start(module_state& state, PyObject* coroutine,
                         actor_id sender, about kind) {
  if (!loop_ && !make()) {
    return {};
  }
  const variable_scope from{state.sender_variable,
                            static_cast<std::uint64_t>(sender)};
  const variable_scope about{state.task_variable, ++state.last_task};
  if (!from || !about) {
    return {};
  }
  const interpreter::admission none{home_, admits::nothing};
  // Until it suspends; what runs meanwhile in other tasks knows by the variable
  // that this isn't about them.
  const std::uint64_t number = state.last_task;
  const auto before = std::exchange(state.starting_task, number);
  starting_ = coroutine;
  starting_kind_ = kind;
  auto task = py_ref::steal(PyObject_CallOneArg(start_.get(), coroutine));
  starting_ = nullptr;
  last_started_ = number;
  state.starting_task = before;
  return task;
}

std::optional<actor_loop::about> actor_loop::handler_kind(PyObject* task,
                                                          envelope*& message) {
  const auto found = in_flight_.find(task);
  if (found != in_flight_.end()) {
    message = found->second.message.get();
    return found->second.kind;
  }
  if (starting_ == nullptr) {
    return std::nullopt;
  }
  const auto runs =
      py_ref::steal(PyObject_CallMethod(task, "get_coro", nullptr));
  PyErr_Clear();
  return runs.get() == starting_ ? std::optional{starting_kind_} : std::nullopt;
}

envelope_ptr* actor_loop::message_of(std::uint64_t number) noexcept {
  const auto found = std::ranges::find_if(in_flight_, [number](const auto& e) {
    return e.second.number == number;
  });
  return found == in_flight_.end() || found->second.message == nullptr
             ? nullptr
             : &found->second.message;
}

bool actor_loop::cancel_given_up() {
  std::vector<py_ref> tasks;  // cancel() may run code that comes back here
  for (auto& [task, one] : in_flight_) {
    if (!one.cancelled && one.message != nullptr && is_given_up(*one.message)) {
      one.cancelled = true;
      tasks.push_back(one.task);
    }
  }
  const interpreter::admission none{home_, admits::nothing};
  for (const py_ref& task : tasks) {
    const auto done =
        py_ref::steal(PyObject_CallMethod(task.get(), "cancel", nullptr));
    PyErr_Clear();
  }
  return !tasks.empty();
}

py_ref actor_loop::call(const char* method) {
  const interpreter::admission none{home_, admits::nothing};
  return py_ref::steal(PyObject_CallMethod(loop_.get(), method, nullptr));
}

void actor_loop::hurry() {
  if (loop_) {
    const auto done = call("hurry");
    PyErr_Clear();
  }
}

py_ref actor_loop::limit(PyObject* coroutine, clock_duration time) {
  if (!loop_ && !make()) {
    return {};
  }
  return py_ref::steal(
      PyObject_CallMethod(loop_.get(), "limited", "Od", coroutine,
                          std::chrono::duration<double>{time}.count()));
}

bool actor_loop::has_ready() const noexcept {
  return loop_ && PyObject_IsTrue(ready_.get()) == 1;
}

bool actor_loop::drive() {
  const interpreter::admission none{home_, admits::nothing};
  const auto done = py_ref::steal(PyObject_CallNoArgs(drive_.get()));
  return static_cast<bool>(done);
}

std::vector<actor_loop::held> actor_loop::take_finished() {
  std::vector<held> taken;
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

std::vector<actor_loop::held> actor_loop::take_all() {
  std::vector<held> taken;
  taken.reserve(in_flight_.size());
  for (auto& [key, value] : in_flight_) {
    taken.push_back(std::move(value));
  }
  in_flight_.clear();
  return taken;
}

py_ref actor_loop::ending(bool drain, PyObject* stopping, const char* reason) {
  if (!loop_ && !make()) {
    return {};
  }
  const auto tasks = py_ref::steal(PyList_New(0));
  for (const auto& [task, rest] : in_flight_) {
    if (!tasks || PyList_Append(tasks.get(), task) < 0) {
      return {};
    }
  }
  return py_ref::steal(
      PyObject_CallMethod(loop_.get(), "ending", "OOOs", tasks.get(),
                          drain ? Py_True : Py_False, stopping, reason));
}

void actor_loop::close() noexcept {
  if (!loop_) {
    return;
  }
  const auto done = call("abandon");
  if (!done) {
    PyErr_WriteUnraisable(loop_.get());
  }
  in_flight_.clear();
  for (py_ref* object : {&finished_, &ready_, &drive_, &start_, &loop_}) {
    object->reset();
  }
}

bool is_given_up(const envelope& e) noexcept {
  return e.reply_to != nullptr &&
         static_cast<const completion&>(*e.reply_to).given_up();
}

py_ref result_of(const py_ref& task) {
  return py_ref::steal(PyObject_CallMethod(task.get(), "result", nullptr));
}

bool is_done(const py_ref& task) {
  const auto done =
      py_ref::steal(PyObject_CallMethod(task.get(), "done", nullptr));
  return done && done.get() == Py_True;
}

bool is_cancellation() {
  const py_ref raised = py_ref::steal(PyErr_GetRaisedException());
  const auto module =
      py_ref::steal(PyImport_ImportModule("asyncio.exceptions"));
  const auto type = py_ref::steal(
      module ? PyObject_GetAttrString(module.get(), "CancelledError")
             : nullptr);
  PyErr_Clear();
  const bool is = type && PyErr_GivenExceptionMatches(raised.get(), type.get());
  PyErr_SetRaisedException(Py_XNewRef(raised.get()));
  return is;
}

}  // namespace troupe
