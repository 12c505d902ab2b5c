// SPDX-License-Identifier: Apache-2.0
// Decoding: exceptions. The form is told in convert_error.cpp.
#include <new>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/decoder.hpp"

namespace troupe {

using enum wire::exception_part;

PyObject* decoder::exception() {
  std::uint8_t bits = 0;
  if (!take(bits)) {
    return nullptr;
  }
  py_ref object =
      py_ref::steal((bits & own_reduction) != 0 ? value() : bare_exception());
  if (!object) {
    return nullptr;
  }
  if (!PyExceptionInstance_Check(object.get())) {
    return corrupt();
  }
  return exception_extras(object.get(), bits) ? object.release() : nullptr;
}

PyObject* decoder::bare_exception() {
  const known_object* known = named_class();
  const py_ref args = known == nullptr ? py_ref{} : py_ref::steal(value());
  const py_ref state = args ? py_ref::steal(value()) : py_ref{};
  if (!state) {
    return nullptr;
  }
  if (!PyExceptionClass_Check(known->object.get()) ||
      !PyTuple_CheckExact(args.get())) {
    return corrupt();
  }
  PyTypeObject* type = known->object.type();
  PyTypeObject* base = builtin_base(type);
  py_ref object = py_ref::steal(base->tp_new(type, args.get(), nullptr));
  if (!object || base->tp_init(object.get(), args.get(), nullptr) < 0) {
    return failed(known->object.get());
  }
  if (state.get() != Py_None) {
    const py_ref done = py_ref::steal(PyObject_CallMethodOneArg(
        object.get(), types_.name(known_name::setstate), state.get()));
    if (!done) {
      return failed(known->object.get());
    }
  }
  return object.release();
}

bool decoder::exception_extras(PyObject* object, unsigned bits) {
  if ((bits & traceback_part) != 0) {
    const py_ref text = py_ref::steal(value());
    if (!text ||
        PyObject_SetAttr(object, types_.name(known_name::remote_traceback),
                         text.get()) < 0) {
      return false;
    }
  }
  const py_ref cause =
      py_ref::steal((bits & cause_part) != 0 ? value() : Py_NewRef(Py_None));
  const py_ref context = py_ref::steal(
      cause && (bits & context_part) != 0 ? value() : Py_NewRef(Py_None));
  if (!cause || !context) {
    return false;
  }
  if (PyExceptionInstance_Check(cause.get())) {
    PyException_SetCause(object, Py_NewRef(cause.get()));
  }
  if (PyExceptionInstance_Check(context.get())) {
    PyException_SetContext(object, Py_NewRef(context.get()));
  }
  return PyObject_SetAttr(
             object, types_.name(known_name::suppress_context),
             (bits & suppress_context) != 0 ? Py_True : Py_False) == 0;
}

PyObject* decoder::exception_record() {
  const py_ref type = py_ref::steal(value());
  const py_ref words = type ? py_ref::steal(value()) : py_ref{};
  const py_ref trace = words ? py_ref::steal(value()) : py_ref{};
  if (!trace) {
    return nullptr;
  }
  py_ref object = py_ref::steal(value());
  if (!object && PyErr_ExceptionMatches(PyExc_MemoryError) != 0) {
    return nullptr;
  }
  PyErr_Clear();
  if (!object || !PyExceptionInstance_Check(object.get())) {
    PyObject* remote = types_.imported("troupe.errors", "RemoteError");
    object =
        py_ref::steal(remote == nullptr ? nullptr
                                        : PyObject_CallFunctionObjArgs(
                                              remote, type.get(), words.get(),
                                              trace.get(), nullptr));
  }
  PyObject* text_type = types_.imported("troupe.errors", "RemoteTraceback");
  py_ref text = py_ref::steal(object && text_type != nullptr
                                  ? PyObject_CallOneArg(text_type, trace.get())
                                  : nullptr);
  if (!text || !PyExceptionInstance_Check(object.get())) {
    return nullptr;
  }
  if (PyObject* cause = PyException_GetCause(object.get())) {
    PyException_SetContext(object.get(), cause);  // it is in the text, too
  }
  PyException_SetCause(object.get(), text.release());
  return object.release();
}

PyObject* decode_exception(type_cache& types, const payload& in) {
  try {
    if (!in.empty()) {
      return decoder{types, in}.exception_record();
    }
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
  PyObject* remote = types.imported("troupe.errors", "RemoteError");
  return remote == nullptr
             ? nullptr
             : PyObject_CallFunction(remote, "sss", "MemoryError",
                                     "no memory to describe the exception", "");
}

}  // namespace troupe
