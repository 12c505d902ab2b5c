// SPDX-License-Identifier: Apache-2.0
#include "tests/pybridge/python_fixture.hpp"

#include <doctest/doctest.h>

#include "pybridge/data/blob.hpp"

namespace troupe::test {
namespace {

/// Stands in for an actor's cell.
struct fake_cell final : ref_counted {
  explicit fake_cell(long id) : id{id} {}
  const long id;
};

ref_ptr<ref_counted> to_shared(PyObject* ref) {
  const py_ref id = py_ref::steal(PyObject_GetAttrString(ref, "id"));
  return make_ref_counted<fake_cell>(PyLong_AsLong(id.get()));
}

PyObject* from_shared(type_cache& types, ref_ptr<ref_counted> shared) {
  const auto* cell = dynamic_cast<const fake_cell*>(shared.get());
  REQUIRE(cell != nullptr);
  return PyObject_CallFunction(
      reinterpret_cast<PyObject*>(types.hooks().ref_type), "l", cell->id);
}

// The package's __init__ needs the extension module; its errors don't.
constexpr const char* prelude = R"(
import sys, types
if 'troupe' not in sys.modules:
    sys.modules['troupe'] = types.ModuleType('troupe')
    sys.modules['troupe'].__path__ = ['pybridge/python/troupe']
class Ref:
    __slots__ = 'id',
    def __init__(self, id): self.id = id
    def __eq__(self, other): return self.id == other.id
    def __hash__(self): return self.id
# Classes and functions for messages live in a module that can be imported.
mod = sys.modules['mod'] = types.ModuleType('mod')
def define(source):
    exec(source, mod.__dict__)
)";

}  // namespace

side::side() {
  const py_ref module = py_ref::steal(PyModule_New("troupe_test"));
  names_ = py_ref::steal(PyDict_New());
  PyDict_SetItemString(names_.get(), "__builtins__", PyEval_GetBuiltins());
  exec(prelude);
  ref_type_ = eval("Ref");
  blob_type_ = py_ref::steal(make_blob_type(module.get()));
  REQUIRE(blob_type_);
  PyDict_SetItemString(names_.get(), "Blob", blob_type_.get());
  types_ = std::make_unique<type_cache>();
  types_->set_blob_type(blob_type_.type());
  types_->set_ref_hooks({ref_type_.type(), to_shared, from_shared, nullptr});
}

side::~side() {
  PyErr_Clear();
}

py_ref side::eval(const std::string& expression) {
  py_ref result = py_ref::steal(PyRun_String(expression.c_str(), Py_eval_input,
                                             names_.get(), names_.get()));
  if (!result) {
    FAIL(expression << " raised " << take_error());
  }
  return result;
}

void side::exec(const std::string& statements) {
  const py_ref done = py_ref::steal(PyRun_String(
      statements.c_str(), Py_file_input, names_.get(), names_.get()));
  if (!done) {
    FAIL(statements << " raised " << take_error());
  }
}

bool side::holds(const std::string& expression, PyObject* sent, PyObject* got) {
  PyDict_SetItemString(names_.get(), "sent", sent == nullptr ? Py_None : sent);
  PyDict_SetItemString(names_.get(), "got", got == nullptr ? Py_None : got);
  return PyObject_IsTrue(eval(expression).get()) == 1;
}

std::string side::take_error() {
  const py_ref raised = py_ref::steal(PyErr_GetRaisedException());
  if (!raised) {
    return "";
  }
  const py_ref text = py_ref::steal(PyUnicode_FromFormat(
      "%s: %S", Py_TYPE(raised.get())->tp_name, raised.get()));
  const char* words = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  PyErr_Clear();
  return words == nullptr ? "?" : words;
}

payload side::encoded(PyObject* object) {
  payload content;
  if (!encode(*types_, object, content)) {
    FAIL("encode() raised " << take_error());
  }
  return content;
}

py_ref side::decoded(const payload& content) {
  py_ref object = py_ref::steal(decode(*types_, content));
  if (!object) {
    FAIL("decode() raised " << take_error());
  }
  return object;
}

std::string side::refusal(const std::string& expression) {
  payload content;
  const py_ref object = eval(expression);
  const bool accepted = encode(*types_, object.get(), content);
  CHECK(accepted == (PyErr_Occurred() == nullptr));
  CHECK((accepted || content.empty()));
  return take_error();
}

own_gil_interpreter::own_gil_interpreter() : main_{PyThreadState_Get()} {
  PyInterpreterConfig config{};
  config.allow_threads = 1;
  config.check_multi_interp_extensions = 1;
  config.gil = PyInterpreterConfig_OWN_GIL;
  const PyStatus status = Py_NewInterpreterFromConfig(&own_, &config);
  REQUIRE(PyStatus_Exception(status) == 0);
}

own_gil_interpreter::~own_gil_interpreter() {
  Py_EndInterpreter(own_);
  PyThreadState_Swap(main_);
}

}  // namespace troupe::test
