// SPDX-License-Identifier: Apache-2.0
#include "tests/pybridge/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include "pybridge/py_ref.hpp"

namespace troupe {
namespace {

std::unique_ptr<runtime> the_runtime;

py_ref evaluate(const char* code, int start) {
  PyObject* const globals =  // borrowed
      PyModule_GetDict(PyImport_AddModule("__main__"));
  return py_ref::steal(PyRun_String(code, start, globals, globals));
}

std::string text(PyObject* object /* borrowed */) {
  const auto string = py_ref::steal(PyObject_Str(object));
  return PyUnicode_AsUTF8(string.get());
}

}  // namespace

void set_test_runtime(std::unique_ptr<runtime> made) {
  the_runtime = std::move(made);
}

runtime& test_runtime() {
  return *the_runtime;
}

ref_ptr<interpreter> new_interpreter() {
  auto made = test_runtime().create();
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().detail));
  return *made;
}

bool run(const char* statements) {
  if (!evaluate(statements, Py_file_input)) {
    PyErr_Print();
    return false;
  }
  return true;
}

std::string eval(const char* expression) {
  const auto value = evaluate(expression, Py_eval_input);
  if (value) {
    return text(value.get());
  }
  const auto exception = py_ref::steal(PyErr_GetRaisedException());
  return std::string{Py_TYPE(exception.get())->tp_name} + ": " +
         text(exception.get());
}

}  // namespace troupe
