// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/import_shelter.hpp"

#include <optional>
#include <utility>

#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/module/method.hpp"

namespace troupe {
namespace {

// What CPython's C code and importlib's own call to import a module, to wait
// for one that another thread imports, and to reload one.
constexpr const char* entries[] = {"_find_and_load", "_lock_unlock_module",
                                   "_exec"};
// The modules that run modules' code, by exec().
constexpr const char* runners[] = {"_frozen_importlib",
                                   "_frozen_importlib_external"};

// What was admitted where this thread began to import; nothing outside of that.
thread_local constinit std::optional<admits> outside{};

class outside_is {
public:
  explicit outside_is(std::optional<admits> what) noexcept
      : before_{std::exchange(outside, what)} {}
  ~outside_is() { outside = before_; }
  outside_is(const outside_is&) = delete;
  outside_is& operator=(const outside_is&) = delete;

private:
  const std::optional<admits> before_;
};

PyObject* import_sheltered(PyObject* function, PyObject* const* args,
                           Py_ssize_t nargs) {
  const auto call = [&] {
    return PyObject_Vectorcall(function, args, static_cast<std::size_t>(nargs),
                               nullptr);
  };
  // Another interpreter's, if this one was made in a handler of that.
  python_behaviour* const self = python_behaviour::current();
  if (self == nullptr || !self->home().is_current() || outside) {
    return call();
  }
  const interpreter::admission none{self->home(), admits::nothing};
  const outside_is known{none.before()};
  return call();
}

PyObject* exec_open(PyObject* exec, PyObject* const* args, Py_ssize_t nargs) {
  const auto call = [&] {
    return PyObject_Vectorcall(exec, args, static_cast<std::size_t>(nargs),
                               nullptr);
  };
  if (!outside) {
    return call();
  }
  const interpreter::admission open{python_behaviour::current()->home(),
                                    *outside};
  const outside_is none{std::nullopt};
  return call();
}

PyMethodDef sheltered_import = {
    "import_sheltered", as_method(import_sheltered), METH_FASTCALL,
    "Calls the function; no kill or time limit is raised in there, save in the "
    "code of the modules that it imports."};

PyMethodDef open_exec = {"exec", as_method(exec_open), METH_FASTCALL,
                         "exec(); a kill or time limit may be raised in there "
                         "if it may be where the import began."};

// Sets `name` of the module `where` to `how`, called with `function`.
bool replace(PyObject* where, const char* name, PyMethodDef& how,
             const py_ref& function) {
  const auto call =
      py_ref::steal(function ? PyCFunction_New(&how, function.get()) : nullptr);
  return call && PyObject_SetAttrString(where, name, call.get()) == 0;
}

// New reference; null with an exception set.
py_ref builtin_exec() {
  return py_ref::steal(
      Py_XNewRef(PyDict_GetItemString(PyEval_GetBuiltins(), "exec")));
}

}  // namespace

bool shelter_imports(module_state& state) {
  if (state.imports_sheltered) {
    return true;
  }
  const auto exec = builtin_exec();
  for (const char* const runner : runners) {
    const auto module = py_ref::steal(PyImport_ImportModule(runner));
    if (!module || !replace(module.get(), "exec", open_exec, exec)) {
      return false;
    }
  }
  const auto importlib = py_ref::steal(PyImport_ImportModule(runners[0]));
  for (const char* const entry : entries) {
    const auto function =
        py_ref::steal(PyObject_GetAttrString(importlib.get(), entry));
    if (!replace(importlib.get(), entry, sheltered_import, function)) {
      return false;
    }
  }
  state.imports_sheltered = true;
  return true;
}

}  // namespace troupe
