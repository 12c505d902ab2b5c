// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/sealed_object.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "pybridge/data/convert.hpp"

namespace troupe {
namespace {

struct sealed_object {
  PyObject_HEAD ref_ptr<sealed> shared;
};

ref_ptr<sealed>& shared_of(PyObject* self) {
  return reinterpret_cast<sealed_object*>(self)->shared;
}

PyObject* sealed_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"", "what", "by_value", nullptr};
  PyObject* value = nullptr;
  const char* what = "value";
  PyObject* by_value = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|sO!:Sealed",
                                   const_cast<char**>(names), &value, &what,
                                   &PyDict_Type, &by_value)) {
    return nullptr;
  }
  module_state& state = state_of(type);
  const by_value_scope scope{state.types, by_value};
  payload content;
  if (!encode(state.types, value, content, what)) {
    return nullptr;
  }
  return make_sealed(state, make_ref_counted<sealed>(std::move(content)));
}

PyObject* sealed_open(PyObject* object, PyObject*) {
  const ref_ptr<sealed> shared = shared_of(object);
  return decode(state_of(object).types, shared->content());
}

bool same(const payload& a, const payload& b) {
  const auto left = a.attachments();
  const auto right = b.attachments();
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size()) == 0 &&
         std::equal(left.begin(), left.end(), right.begin(), right.end());
}

PyObject* sealed_compare(PyObject* left, PyObject* right, int op) {
  if ((op != Py_EQ && op != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool equal =
      same(sealed_of(left).content(), sealed_of(right).content());
  return PyBool_FromLong(equal == (op == Py_EQ));
}

void sealed_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  shared_of(object).~intrusive_ptr();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef sealed_methods[] = {
    {"open", sealed_open, METH_NOARGS,
     "open($self)\n--\n\nAnother copy of the value, each time."},
    {},
};

PyType_Slot sealed_slots[] = {
    {Py_tp_doc,
     const_cast<char*>(
         "Sealed(value, /, what='value', by_value={})\n--\n\nA value, encoded "
         "once; sending it copies nothing.\n\nby_value: {type: function} that "
         "say how objects of such types are sent, as copyreg's do, or "
         "NotImplemented.")},
    {Py_tp_new, reinterpret_cast<void*>(sealed_new)},
    {Py_tp_methods, sealed_methods},
    {Py_tp_richcompare, reinterpret_cast<void*>(sealed_compare)},
    {Py_tp_hash, reinterpret_cast<void*>(PyObject_HashNotImplemented)},
    {Py_tp_dealloc, reinterpret_cast<void*>(sealed_dealloc)},
    {},
};

PyType_Spec sealed_spec = {
    .name = "troupe._core.Sealed",
    .basicsize = sizeof(sealed_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sealed_slots,
};

}  // namespace

sealed& sealed_of(PyObject* object) noexcept {
  return *shared_of(object);
}

PyObject* make_sealed(module_state& state, ref_ptr<sealed> shared) {
  PyTypeObject* type = state.sealed_type.type();
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&shared_of(object)) ref_ptr<sealed>{std::move(shared)};
  }
  return object;
}

bool add_sealed_type(PyObject* module, module_state& state) {
  state.sealed_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &sealed_spec, nullptr));
  if (!state.sealed_type) {
    return false;
  }
  state.types.add_shared_type(state.sealed_type.type());
  return PyModule_AddType(module, state.sealed_type.type()) == 0;
}

}  // namespace troupe
