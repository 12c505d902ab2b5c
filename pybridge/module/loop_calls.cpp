// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/loop_calls.hpp"

#include <optional>
#include <string_view>

#include "actors/cell/actor_cell.hpp"
#include "base/roles.hpp"
#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

// The one whose loop this is runs; null: an exception is set.
python_behaviour* at_work() {
  python_behaviour* const self = python_behaviour::current();
  if (self == nullptr) {
    PyErr_SetString(PyExc_RuntimeError,
                    "an actor's event loop runs on a turn of the actor");
  }
  return self;
}

PyObject* call_sheltered(PyObject* function, PyObject* const* args,
                         Py_ssize_t nargs, PyObject* names) {
  python_behaviour* const self = python_behaviour::current();
  std::optional<interpreter::admission> none;
  if (self != nullptr) {
    none.emplace(self->home(), admits::nothing);
  }
  return PyObject_Vectorcall(function, args, static_cast<std::size_t>(nargs),
                             names);
}

PyMethodDef sheltered_function = {
    "sheltered", as_method(call_sheltered), METH_FASTCALL | METH_KEYWORDS,
    "Calls the function; no kill or time limit is raised in there."};

// A callback of asyncio's own that is left half done may leave a task waiting
// for ever. It is brief; but a transport's may call what a user wrote, so that
// a kill, after which nobody waits, is let in.
admits admitted_in(PyObject* callback) {
  PyObject* const function =
      PyMethod_Check(callback) ? PyMethod_GET_FUNCTION(callback) : callback;
  PyObject* const module =
      PyFunction_Check(function) ? PyFunction_GET_MODULE(function) : nullptr;
  const char* const name = module != nullptr && PyUnicode_Check(module)
                               ? PyUnicode_AsUTF8(module)
                               : nullptr;
  const bool internal =
      name != nullptr && (std::string_view{name}.starts_with("asyncio.") ||
                          std::string_view{name}.starts_with("troupe."));
  return internal ? admits::kills : admits::everything;
}

}  // namespace

bool intern_handle_names(module_state& state) {
  const auto intern = [](const char* name) {
    return py_ref::steal(PyUnicode_InternFromString(name));
  };
  state.handle_context = intern("_context");
  state.handle_callback = intern("_callback");
  state.handle_arguments = intern("_args");
  return state.handle_context && state.handle_callback &&
         state.handle_arguments;
}

PyObject* call_open(PyObject*, PyObject* const* args, Py_ssize_t nargs,
                    PyObject* names) {
  python_behaviour* const self = at_work();
  if (self == nullptr) {
    return nullptr;
  }
  if (nargs == 0) {
    PyErr_SetString(PyExc_TypeError, "call() needs a function");
    return nullptr;
  }
  const interpreter::admission open{self->home(), admits::everything};
  return PyObject_Vectorcall(args[0], args + 1,
                             static_cast<std::size_t>(nargs - 1), names);
}

// As Handle._run(), which has bytecode of its own: an exception could be raised
// there before the callback has begun.
PyObject* run_handle(PyObject* object, PyObject* handle) {
  const turn_scope in_turn;
  const module_state& state = state_of(object);
  python_behaviour* const self = at_work();
  const auto part = [handle](const py_ref& name) {
    return py_ref::steal(PyObject_GetAttr(handle, name.get()));
  };
  const py_ref context = part(state.handle_context);
  const py_ref callback = context ? part(state.handle_callback) : py_ref{};
  const py_ref arguments = callback ? part(state.handle_arguments) : py_ref{};
  if (self == nullptr || !arguments || PyContext_Enter(context.get()) < 0) {
    return nullptr;
  }
  py_ref result;
  actor_cell::current()->run_limited([&] {
    const interpreter::admission open{self->home(),
                                      admitted_in(callback.get())};
    result =
        py_ref::steal(PyObject_Call(callback.get(), arguments.get(), nullptr));
  });
  PyObject* const raised = PyErr_GetRaisedException();
  PyContext_Exit(context.get());
  PyErr_SetRaisedException(raised);
  return result ? Py_NewRef(Py_None) : nullptr;
}

PyObject* make_sheltered(PyObject*, PyObject* function) {
  return PyCFunction_New(&sheltered_function, function);
}

}  // namespace troupe
