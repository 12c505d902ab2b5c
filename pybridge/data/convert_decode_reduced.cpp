// SPDX-License-Identifier: Apache-2.0
// Decoding: objects that were taken apart by __reduce_ex__. The form is told
// in convert_reduce.cpp.
#include "pybridge/data/decoder.hpp"

namespace troupe {

using enum wire::reduce_part;

PyObject* decoder::reduced() {
  std::uint8_t bits = 0;
  if (!take(bits)) {
    return nullptr;
  }
  if ((bits & ~all_parts) != 0) {
    return corrupt();
  }
  const py_ref callable =
      (bits & new_object) != 0 ? py_ref{} : py_ref::steal(value());
  if (!callable && PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  const py_ref arguments = py_ref::steal(value());
  if (!arguments) {
    return nullptr;
  }
  if (!PyTuple_CheckExact(arguments.get())) {
    return corrupt();
  }
  py_ref object =
      callable
          ? py_ref::steal(PyObject_CallObject(callable.get(), arguments.get()))
          : new_by_class(arguments.get());
  if (!object && PyErr_Occurred() != nullptr) {
    return failed(callable ? callable.get()
                           : PyTuple_GET_ITEM(arguments.get(), 0));
  }
  return object && reduced_items(object.get(), bits) &&
                 reduced_state(object.get(), bits)
             ? object.release()
             : nullptr;
}

/// cls.__new__(cls, *rest), as copyreg.__newobj__ would.
py_ref decoder::new_by_class(PyObject* arguments) {
  const Py_ssize_t size = PyTuple_GET_SIZE(arguments);
  PyObject* type = size == 0 ? nullptr : PyTuple_GET_ITEM(arguments, 0);
  if (type == nullptr || !PyType_Check(type) ||
      reinterpret_cast<PyTypeObject*>(type)->tp_new == nullptr) {
    corrupt();
    return {};
  }
  PyObject* new_function = types_.imported("copyreg", "__newobj__");
  return new_function == nullptr
             ? py_ref{}
             : py_ref::steal(PyObject_CallObject(new_function, arguments));
}

bool decoder::reduced_items(PyObject* object, unsigned bits) {
  if ((bits & list_items) != 0) {
    const py_ref items = py_ref::steal(PyList_New(0));
    while (items && !at_end()) {
      const py_ref item = py_ref::steal(value());
      if (!item || PyList_Append(items.get(), item.get()) < 0) {
        return false;
      }
    }
    if (!items || !extend(object, items.get())) {
      return false;
    }
  }
  while ((bits & dict_items) != 0 && !at_end()) {
    const py_ref name = py_ref::steal(key());
    const py_ref item = name ? py_ref::steal(value()) : py_ref{};
    if (!item || PyObject_SetItem(object, name.get(), item.get()) < 0) {
      return false;
    }
  }
  return true;
}

bool decoder::extend(PyObject* object, PyObject* items) {
  PyObject* method = nullptr;
  if (PyObject_GetOptionalAttr(object, types_.name(known_name::extend),
                               &method) < 0) {
    return false;
  }
  if (method != nullptr) {
    const py_ref hold = py_ref::steal(method);
    return static_cast<bool>(py_ref::steal(PyObject_CallOneArg(method, items)));
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); ++i) {
    const py_ref done = py_ref::steal(PyObject_CallMethodOneArg(
        object, types_.name(known_name::append), PyList_GET_ITEM(items, i)));
    if (!done) {
      return false;
    }
  }
  return true;
}

bool decoder::reduced_state(PyObject* object, unsigned bits) {
  if ((bits & state_part) == 0) {
    return true;
  }
  const py_ref state = py_ref::steal(value());
  if (!state) {
    return false;
  }
  if ((bits & setter_part) != 0) {
    const py_ref setter = py_ref::steal(value());
    return setter && py_ref::steal(PyObject_CallFunctionObjArgs(
                         setter.get(), object, state.get(), nullptr));
  }
  PyObject* method = nullptr;
  if (PyObject_GetOptionalAttr(object, types_.name(known_name::setstate),
                               &method) < 0) {
    return false;
  }
  if (method != nullptr) {
    const py_ref hold = py_ref::steal(method);
    return static_cast<bool>(
        py_ref::steal(PyObject_CallOneArg(method, state.get())));
  }
  return set_state(object, state.get());
}

/// What pickle does without a __setstate__: the attributes, then the slots.
bool decoder::set_state(PyObject* object, PyObject* state) {
  PyObject* slots = nullptr;
  if (PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2) {
    slots = PyTuple_GET_ITEM(state, 1);
    state = PyTuple_GET_ITEM(state, 0);
  }
  if (state != Py_None) {
    const py_ref dict =
        py_ref::steal(PyObject_GetAttr(object, types_.name(known_name::dict)));
    if (!dict || !PyDict_Check(state) || PyDict_Update(dict.get(), state) < 0) {
      return corrupt() != nullptr;
    }
  }
  Py_ssize_t position = 0;
  PyObject* name = nullptr;
  PyObject* item = nullptr;
  while (slots != nullptr && PyDict_Check(slots) &&
         PyDict_Next(slots, &position, &name, &item)) {
    if (PyObject_SetAttr(object, name, item) < 0) {
      return false;
    }
  }
  return true;
}

}  // namespace troupe
