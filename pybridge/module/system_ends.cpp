// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/system_ends.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/forked.hpp"
#include "pybridge/engine/running_engines.hpp"
#include "pybridge/module/process_runtime.hpp"

namespace troupe {
namespace {

void tell_of(const std::vector<std::string>& left) {
  std::string names;
  for (const std::string& name : left) {
    names += (names.empty() ? "" : ", ") + name;
  }
  if (!left.empty()) {
    PySys_FormatStderr(
        "troupe: these actors don't stop, and are left behind: %s\n",
        names.c_str());
  }
}

// Detaches meanwhile.
void settle_all(module_state& state, const std::vector<ref_ptr<engine>>& all) {
  const detached no_gil;
  if (state.recycler != nullptr) {
    static_cast<interpreter_recycler&>(*state.recycler).shutdown();
  }
  for (const ref_ptr<engine>& e : all) {
    e->settle();
  }
  if (runtime* const python = process_runtime_if_any()) {
    python->before_finalization();
  }
}

// For atexit: ends the systems that the program has left running.
PyObject* end_all(PyObject* module, PyObject*) {
  module_state& state =
      **static_cast<module_state**>(PyModule_GetState(module));
  if (in_forked_child()) {
    Py_RETURN_NONE;
  }
  state.at_exit = true;
  const auto all = running_engines::of_process().all();
  std::vector<std::string> left;
  while (!state.engines.empty()) {
    const ref_ptr<engine> last{
        static_cast<engine*>(state.engines.back().get())};
    std::ranges::move(end_engine(state, last, std::chrono::seconds{10}),
                      std::back_inserter(left));
  }
  tell_of(left);
  settle_all(state, all);
  Py_RETURN_NONE;
}

PyMethodDef end_all_method = {"end_all", end_all, METH_NOARGS,
                              "Ends all systems that still run."};

}  // namespace

std::vector<std::string> end_engine(module_state& state, ref_ptr<engine> e,
                                    std::chrono::nanoseconds deadline) {
  std::vector<std::string> left;
  if (in_forked_child()) {
    return left;  // it ends in the parent
  }
  {
    const detached no_gil;
    left = e->shutdown(deadline);
  }
  std::erase(state.engines, e);
  running_engines::of_process().remove(*e);
  return left;
}

bool refuse_at_exit(const module_state& state) {
  if (state.at_exit) {
    PyErr_SetString(PyExc_RuntimeError,
                    "System(): this process is about to end");
  }
  return state.at_exit;
}

bool end_at_exit(module_state& state) {
  if (state.ends_at_exit) {
    return true;
  }
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._core"));
  const auto atexit = py_ref::steal(PyImport_ImportModule("atexit"));
  const auto function = py_ref::steal(
      module ? PyCFunction_New(&end_all_method, module.get()) : nullptr);
  const auto done = py_ref::steal(
      atexit && function
          ? PyObject_CallMethod(atexit.get(), "register", "O", function.get())
          : nullptr);
  state.ends_at_exit = static_cast<bool>(done);
  return state.ends_at_exit;
}

}  // namespace troupe
