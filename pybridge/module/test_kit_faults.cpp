// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/test_kit_faults.hpp"

#include <memory>
#include <string>
#include <utility>

#include "pybridge/data/convert.hpp"
#include "pybridge/engine/test_kit.hpp"
#include "pybridge/module/letters.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/test_kit_object.hpp"

namespace troupe {
namespace {

test_kit& kit_of(PyObject* self) {
  return static_cast<test_kit&>(*engine_under(self).hooks());
}

// Whom a fault happens to; false: an exception is set.
bool read_actor(PyObject* self, PyObject* object, actor_ref& out) {
  const actor_ref* const ref = actor_of(state_of(self), object);
  if (ref == nullptr) {
    PyErr_Format(PyExc_TypeError, "a fault happens to a Ref, not to %s",
                 Py_TYPE(object)->tp_name);
    return false;
  }
  out = *ref;
  return true;
}

// A Python function of the test's, for the turns of actors in any interpreter.
class predicate {
public:
  predicate(interpreter& home, PyObject* function)
      : home_{home}, function_{function, let_go} {
    Py_INCREF(function);
  }

  // On the actor's turn, attached to its interpreter or to none.
  bool operator()(const envelope& e) const {
    if (home_.is_current()) {
      return ask(e);
    }
    PyThreadState* const state = PyThreadState_GetUnchecked();
    if (state != nullptr) {
      PyEval_SaveThread();
    }
    bool answer = false;
    {
      const interpreter::attach to_the_tests{home_};
      answer = ask(e);
    }
    if (state != nullptr) {
      PyEval_RestoreThread(state);
    }
    return answer;
  }

private:
  bool ask(const envelope& e) const {
    const bool is_call =
        e.kind == static_cast<std::uint8_t>(envelope_kind::call);
    module_state* const state = import_state();
    const auto arguments = state != nullptr
                               ? read_arguments(*state, is_call, e.content)
                               : py_ref{};
    const auto answer = py_ref::steal(
        arguments ? PyObject_CallFunction(
                        function_.get(), "sO",
                        is_call ? std::string{name_of(e.selector)}.c_str()
                                : "receive",
                        arguments.get())
                  : nullptr);
    const int truth = answer ? PyObject_IsTrue(answer.get()) : -1;
    if (truth < 0) {
      PyErr_WriteUnraisable(function_.get());
    }
    return truth > 0;
  }

  // The last owner may be gone too late to be attached: then it stays.
  static void let_go(PyObject* function) {
    if (PyThreadState_GetUnchecked() != nullptr &&
        PyInterpreterState_Get() == PyInterpreterState_Main()) {
      Py_DECREF(function);
    }
  }

  interpreter& home_;
  const std::shared_ptr<PyObject> function_;
};

}  // namespace

PyObject* kit_kill(PyObject* self, PyObject* args) {
  PyObject* object = nullptr;
  unsigned long long messages = 0;
  actor_ref whom;
  if (!PyArg_ParseTuple(args, "OK:kill", &object, &messages) ||
      !read_actor(self, object, whom)) {
    return nullptr;
  }
  kit_of(self).kill_after(whom.id(), messages);
  Py_RETURN_NONE;
}

PyObject* kit_delay(PyObject* self, PyObject* args) {
  PyObject* object = nullptr;
  PyObject* seconds = nullptr;
  actor_ref whom;
  clock_duration by{};
  if (!PyArg_ParseTuple(args, "OO:delay", &object, &seconds) ||
      !read_actor(self, object, whom) ||
      !read_seconds(seconds, "delay()", by)) {
    return nullptr;
  }
  kit_of(self).delay(whom.id(), by);
  Py_RETURN_NONE;
}

PyObject* kit_refuse(PyObject* self, PyObject* args) {
  PyObject* object = nullptr;
  int refuse = 0;
  actor_ref whom;
  if (!PyArg_ParseTuple(args, "Op:refuse", &object, &refuse) ||
      !read_actor(self, object, whom)) {
    return nullptr;
  }
  whom.cell().refuse_messages(refuse != 0);
  Py_RETURN_NONE;
}

PyObject* kit_drop(PyObject* self, PyObject* args) {
  PyObject* object = nullptr;
  PyObject* function = nullptr;
  unsigned long long times = 0;
  actor_ref whom;
  if (!PyArg_ParseTuple(args, "OOK:drop", &object, &function, &times) ||
      !read_actor(self, object, whom)) {
    return nullptr;
  }
  kit_of(self).drop(
      whom.id(), predicate{engine_under(self).get_runtime().main(), function},
      times);
  Py_RETURN_NONE;
}

PyObject* kit_fail_start(PyObject* self, PyObject* args) {
  const char* target = nullptr;
  PyObject* exception = nullptr;
  unsigned long long times = 0;
  if (!PyArg_ParseTuple(args, "sO!K:fail_start", &target, PyExc_BaseException,
                        &exception, &times)) {
    return nullptr;
  }
  fault why{
      make_error(errc::failed,
                 std::string{"the test lets the start of "} + target + " fail"),
      {}};
  encode_exception(state_of(self).types, exception, why.raised);
  kit_of(self).fail_start(target, std::move(why), times);
  Py_RETURN_NONE;
}

}  // namespace troupe
