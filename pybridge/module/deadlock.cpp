// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/deadlock.hpp"

#include <string>

#include "actors/cell/actor_cell.hpp"
#include "pybridge/module/module_state.hpp"
#include "pybridge/module/ref_object.hpp"

namespace troupe {
namespace {

std::string quoted(const actor_cell& cell) {
  return "'" + cell.name() + "'";
}

// "'a' waits for 'b', which waits for 'a'"
std::string describe(const wait_graph::cells& cycle, bool awaits) {
  std::string words = quoted(*cycle.front());
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const actor_cell& here = *cycle[i];
    const actor_cell& next = *cycle[(i + 1) % cycle.size()];
    // Two in one place don't wait for each other: that was refused before.
    const bool held_up = !awaits && i != 0 && here.shares_place_with(next);
    words += i == 0 ? " waits for " : ", which ";
    if (i != 0) {
      words += held_up ? "can't run before " : "waits for ";
    }
    words += cycle.size() == 1 ? "itself" : quoted(next);
    words += held_up ? ", in the same place" : "";
  }
  return words;
}

py_ref refs_of(module_state& state, const wait_graph::cells& cycle) {
  auto refs = py_ref::steal(PyTuple_New(static_cast<Py_ssize_t>(cycle.size())));
  for (std::size_t i = 0; refs && i < cycle.size(); ++i) {
    PyObject* const ref = make_ref(state, actor_ref{cycle[i]});
    if (ref == nullptr) {
      return {};
    }
    PyTuple_SET_ITEM(refs.get(), static_cast<Py_ssize_t>(i), ref);
  }
  return refs;
}

}  // namespace

void raise_deadlock(const wait_graph::cells& cycle, bool awaits) {
  module_state* const state = import_state();
  const auto refs = state == nullptr ? py_ref{} : refs_of(*state, cycle);
  const auto errors = py_ref::steal(PyImport_ImportModule("troupe.errors"));
  const std::string words =
      "this wait would never end: " + describe(cycle, awaits) +
      "; go on without waiting, by add_done_callback() or context.forward()" +
      (awaits ? ", or let one of them handle several messages at a time, by "
                "spawn(concurrency=N)"
              : "");
  const auto error = py_ref::steal(
      refs && errors ? PyObject_CallMethod(errors.get(), "DeadlockError", "sO",
                                           words.c_str(), refs.get())
                     : nullptr);
  if (error) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())),
                    error.get());
  }
}

}  // namespace troupe
