// SPDX-License-Identifier: Apache-2.0
// Decoding: objects of classes that are found by name.
#include "pybridge/data/decoder.hpp"

namespace troupe {

using wire::tag;

const known_object* decoder::named_object() {
  symbol name = symbol::none;
  if (!take(name)) {
    return nullptr;
  }
  const known_object* known = types_.resolve(name);
  if (known == nullptr) {
    const std::string_view text = name_of(name);
    const py_ref words = py_ref::steal(PyUnicode_FromStringAndSize(
        text.data(), static_cast<Py_ssize_t>(text.size())));
    failed(words.get());
  }
  return known;
}

const known_object* decoder::named_class() {
  const known_object* known = named_object();
  if (known != nullptr && !PyType_Check(known->object.get())) {
    PyErr_Format(PyExc_TypeError, "%R in a message is not a class here",
                 known->object.get());
    return nullptr;
  }
  return known;
}

PyObject* decoder::global() {
  const known_object* known = named_object();
  return known == nullptr ? nullptr : Py_NewRef(known->object.get());
}

// --- Attributes ---

PyObject* decoder::instance() {
  const known_object* known = named_class();
  py_ref object = known == nullptr ? py_ref{} : new_instance(*known);
  if (!object || !attributes(object.get(), known->plain_attributes) ||
      !attributes(object.get(), /*plain=*/true)) {
    return nullptr;
  }
  return object.release();
}

py_ref decoder::new_instance(const known_object& known) {
  PyTypeObject* type = known.object.type();
  if (type->tp_new != PyBaseObject_Type.tp_new) {
    PyErr_Format(PyExc_TypeError,
                 "%s in a message can't be made from its attributes here",
                 type->tp_name);
    return {};
  }
  const py_ref none = py_ref::steal(PyTuple_New(0));
  return py_ref::steal(
      PyBaseObject_Type.tp_new(type, none.get(), /*kwds=*/nullptr));
}

bool decoder::attributes(PyObject* object, bool plain) {
  while (!at_end()) {
    const py_ref name = py_ref::steal(key());
    const py_ref item = name ? py_ref::steal(value()) : py_ref{};
    if (!item || !set_attribute(object, name.get(), item.get(), plain)) {
      return false;
    }
  }
  return true;
}

bool decoder::set_attribute(PyObject* object, PyObject* name, PyObject* item,
                            bool plain) {
  const bool ordinary =
      plain && PyUnicode_CheckExact(name) &&
      !(PyUnicode_GET_LENGTH(name) > 1 && PyUnicode_READ_CHAR(name, 0) == '_' &&
        PyUnicode_READ_CHAR(name, 1) == '_');
  if (ordinary) {
    return PyObject_GenericSetAttr(object, name, item) == 0;
  }
  // Straight into the dict, as pickle does: no property runs.
  const py_ref dict = py_ref::steal(PyObject_GenericGetDict(object, nullptr));
  return dict && PyDict_SetItem(dict.get(), name, item) == 0;
}

PyObject* decoder::named_tuple() {
  const known_object* known = named_class();
  const py_ref items = known == nullptr ? py_ref{} : py_ref::steal(value());
  if (!items) {
    return nullptr;
  }
  PyTypeObject* type = known->object.type();
  if (!PyTuple_CheckExact(items.get()) ||
      !PyType_IsSubtype(type, &PyTuple_Type)) {
    return corrupt();
  }
  const py_ref arguments = py_ref::steal(PyTuple_Pack(1, items.get()));
  return arguments ? PyTuple_Type.tp_new(type, arguments.get(), nullptr)
                   : nullptr;
}

PyObject* decoder::frozen_dict() {
  const py_ref items = py_ref::steal(dict());
  PyObject* type = items ? types_.imported("builtins", "frozendict") : nullptr;
  return type == nullptr ? nullptr : PyObject_CallOneArg(type, items.get());
}

// --- Known classes of the standard library ---

PyObject* decoder::enum_member() {
  const known_object* known = named_class();
  const py_ref name = known == nullptr ? py_ref{} : py_ref::steal(key());
  if (!name) {
    return nullptr;
  }
  const py_ref members = py_ref::steal(PyObject_GetAttr(
      known->object.get(), types_.name(known_name::member_map)));
  PyObject* member =
      members ? PyObject_GetItem(members.get(), name.get()) : nullptr;
  return member == nullptr ? failed(known->object.get()) : member;
}

PyObject* decoder::enum_value() {
  const known_object* known = named_class();
  const py_ref number = known == nullptr ? py_ref{} : py_ref::steal(value());
  if (!number) {
    return nullptr;
  }
  PyObject* member = PyObject_CallOneArg(known->object.get(), number.get());
  return member == nullptr ? failed(known->object.get()) : member;
}

PyObject* decoder::made_by_call() {
  const known_object* known = named_class();
  const py_ref arguments = known == nullptr ? py_ref{} : py_ref::steal(value());
  if (!arguments) {
    return nullptr;
  }
  if (!PyTuple_CheckExact(arguments.get())) {
    return corrupt();
  }
  PyObject* object = PyObject_CallObject(known->object.get(), arguments.get());
  return object == nullptr ? failed(known->object.get()) : object;
}

PyObject* decoder::uuid() {
  constexpr std::size_t size = 16;
  if (left() < size) {
    return corrupt();
  }
  const py_ref number = py_ref::steal(
      PyLong_FromUnsignedNativeBytes(at_, size, Py_ASNATIVEBYTES_BIG_ENDIAN));
  at_ += size;
  const py_ref is_safe = number ? py_ref::steal(value()) : py_ref{};
  PyObject* type = is_safe ? types_.imported("uuid", "UUID") : nullptr;
  if (type == nullptr) {
    return nullptr;
  }
  const py_ref arguments = py_ref::steal(PyTuple_New(0));
  const py_ref named = py_ref::steal(
      Py_BuildValue("{sOsO}", "int", number.get(), "is_safe", is_safe.get()));
  return arguments && named ? PyObject_Call(type, arguments.get(), named.get())
                            : nullptr;
}

// --- What goes wrong ---

std::nullptr_t decoder::failed(PyObject* what) {
  py_ref raised = py_ref::steal(PyErr_GetRaisedException());
  const py_ref note =
      py_ref::steal(PyUnicode_FromFormat("while decoding a message: %S", what));
  PyErr_Clear();
  if (!raised || !note) {
    return PyErr_NoMemory(), nullptr;
  }
  if (PyErr_GivenExceptionMatches(raised.get(), PyExc_SystemExit) != 0) {
    PyErr_SetString(PyExc_RuntimeError, "exit() was called");
    const py_ref exit =
        std::exchange(raised, py_ref::steal(PyErr_GetRaisedException()));
    PyException_SetCause(raised.get(), Py_NewRef(exit.get()));
  }
  const py_ref done = py_ref::steal(
      PyObject_CallMethod(raised.get(), "add_note", "O", note.get()));
  PyErr_Clear();
  PyErr_SetRaisedException(raised.release());
  return nullptr;
}

}  // namespace troupe
