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

}  // namespace

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
