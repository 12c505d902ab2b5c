// SPDX-License-Identifier: Apache-2.0
// Decoding: the arguments of calls.
#include <new>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/decoder.hpp"

namespace troupe {

bool decode_call(type_cache& types, const payload& in, decoded_call& out) {
  out.clear();
  try {
    decoder from{types, in};
    if (from.call(out) && from.finished()) {
      return true;
    }
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  out.clear();
  return false;
}

void decoded_call::clear() noexcept {
  for (std::size_t i = 0; i != size_; ++i) {
    Py_DECREF(values_[1 + i]);
  }
  if (values_ != inline_) {
    delete[] values_;
    values_ = inline_;
  }
  positional_ = 0;
  size_ = 0;
  kwnames_.reset();
}

PyObject** decoded_call::prepare(std::size_t capacity) {
  if (capacity > inline_values) {
    values_ = new PyObject*[capacity + 1];
  }
  return values_ + 1;
}

bool decoder::call(decoded_call& out) {
  std::size_t positional = 0;
  std::size_t named = 0;
  if (!take_values(positional) || !take_values(named, 2)) {
    return false;
  }
  out.prepare(positional + named);
  for (std::size_t i = 0; i != positional; ++i) {
    received(1);
    PyObject* argument = value();
    if (argument == nullptr) {
      return false;
    }
    out.push(argument);
  }
  out.positional_ = positional;
  if (named == 0) {
    return true;
  }
  out.kwnames_ = py_ref::steal(PyTuple_New(static_cast<Py_ssize_t>(named)));
  for (std::size_t i = 0; i != named && out.kwnames_; ++i) {
    received(2);
    PyObject* name = key();
    if (name == nullptr) {
      return false;
    }
    PyTuple_SET_ITEM(out.kwnames_.get(), static_cast<Py_ssize_t>(i), name);
    PyObject* argument = PyUnicode_CheckExact(name) ? value() : corrupt();
    if (argument == nullptr) {
      return false;
    }
    out.push(argument);
  }
  return static_cast<bool>(out.kwnames_);
}

}  // namespace troupe
