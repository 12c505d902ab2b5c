// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/python_stack.hpp"

#include <utility>

#include "pybridge/py_ref.hpp"

namespace troupe {
namespace {

constexpr std::size_t deepest = 50;

std::string text_of(PyObject* text) {  // borrowed
  const char* utf8 = text != nullptr ? PyUnicode_AsUTF8(text) : nullptr;
  if (utf8 == nullptr) {
    PyErr_Clear();  // a name that is no proper text
    return "?";
  }
  return utf8;
}

python_frame describe(PyFrameObject* frame) {
  const auto code =
      py_ref::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  auto* const what = reinterpret_cast<PyCodeObject*>(code.get());
  return {text_of(what->co_filename), text_of(what->co_qualname),
          PyFrame_GetLineNumber(frame)};
}

// A list of (file, function, line). False: an exception is set.
bool read_stack(PyObject* frames, python_stack& out) {
  for (Py_ssize_t i = 0; i < PyList_Size(frames); ++i) {
    PyObject* file = nullptr;
    PyObject* function = nullptr;
    int line = 0;
    if (!PyArg_ParseTuple(PyList_GetItem(frames, i), "UUi", &file, &function,
                          &line)) {
      return false;
    }
    out.push_back({text_of(file), text_of(function), line});
  }
  return PyErr_Occurred() == nullptr;
}

// (actor's id, list of stacks, how many more). False: an exception is set.
bool read_tasks(PyObject* entry, suspended_tasks& out) {
  unsigned long long actor = 0;
  PyObject* stacks = nullptr;
  Py_ssize_t more = 0;
  if (!PyArg_ParseTuple(entry, "KO!n", &actor, &PyList_Type, &stacks, &more)) {
    return false;
  }
  out.actor = actor;
  out.more = static_cast<std::size_t>(more);
  for (Py_ssize_t i = 0; i < PyList_Size(stacks); ++i) {
    if (!read_stack(PyList_GetItem(stacks, i), out.stacks.emplace_back())) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Without an import: where it isn't, no actor has an event loop.
std::vector<suspended_tasks> stacks_of_tasks() {
  std::vector<suspended_tasks> all;
  const auto name = py_ref::steal(PyUnicode_FromString("troupe._loop"));
  const auto module =
      py_ref::steal(name ? PyImport_GetModule(name.get()) : nullptr);
  const auto found = py_ref::steal(
      module ? PyObject_CallMethod(module.get(), "suspended", nullptr)
             : nullptr);
  for (Py_ssize_t i = 0; found && i < PyList_Size(found.get()); ++i) {
    if (!read_tasks(PyList_GetItem(found.get(), i), all.emplace_back())) {
      break;
    }
  }
  PyErr_Clear();
  return all;
}

python_stack stack_of(PyThreadState* state) {
  python_stack stack;
  auto frame =
      py_ref::steal(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(state)));
  while (frame && stack.size() < deepest) {
    auto* const here = reinterpret_cast<PyFrameObject*>(frame.get());
    stack.push_back(describe(here));
    frame = py_ref::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(here)));
  }
  return stack;
}

}  // namespace troupe
