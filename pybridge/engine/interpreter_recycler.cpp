// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/interpreter_recycler.hpp"

#include <utility>

#include "pybridge/module/module_state.hpp"

namespace troupe {
namespace {

// False: it can't be used again.
bool wash(interpreter& home) TROUPE_EXCLUDES(gil) {
  const interpreter::visit scope{home};
  module_state* const state = import_state();
  const auto module = py_ref::steal(
      state != nullptr ? PyImport_ImportModule("troupe._recycle") : nullptr);
  if (module) {
    state->types.forget_classes();  // first: they keep modules alive
  }
  const auto washed = py_ref::steal(
      module ? PyObject_CallMethod(module.get(), "wash", nullptr) : nullptr);
  if (!washed) {
    PyErr_WriteUnraisable(nullptr);
  }
  return washed.get() == Py_True;
}

}  // namespace

ref_ptr<interpreter> interpreter_recycler::pop(
    std::vector<ref_ptr<interpreter>>& from) {
  const std::lock_guard lock{mutex_};
  if (from.empty()) {
    return nullptr;
  }
  auto taken = std::move(from.back());
  from.pop_back();
  return taken;
}

result<ref_ptr<interpreter>> interpreter_recycler::take() {
  if (auto clean = pop(clean_)) {
    return clean;
  }
  while (auto used = pop(used_)) {
    if (wash(*used)) {
      return used;
    }
    reaper_.end(std::move(used));
  }
  return runtime_.create();
}

void interpreter_recycler::end(ref_ptr<interpreter> home) {
  const std::lock_guard lock{mutex_};
  used_.push_back(std::move(home));
}

void interpreter_recycler::settle() {
  while (auto used = pop(used_)) {
    if (wash(*used)) {
      const std::lock_guard lock{mutex_};
      clean_.push_back(std::move(used));
    } else {
      reaper_.end(std::move(used));
    }
  }
}

void interpreter_recycler::shutdown() {
  for (auto* const list : {&used_, &clean_}) {
    while (auto home = pop(*list)) {
      reaper_.end(std::move(home));
    }
  }
  reaper_.shutdown();
}

}  // namespace troupe
