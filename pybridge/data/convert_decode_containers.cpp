// SPDX-License-Identifier: Apache-2.0
// Decoding: containers.
#include "pybridge/data/decoder.hpp"

namespace troupe {

PyObject* decoder::tuple() {
  std::size_t size = 0;
  if (!take_values(size)) {
    return nullptr;
  }
  py_ref tuple = py_ref::steal(PyTuple_New(static_cast<Py_ssize_t>(size)));
  for (std::size_t i = 0; i != size && tuple; ++i) {
    received(1);
    PyObject* item = value();
    if (item == nullptr) {
      return nullptr;
    }
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), item);
  }
  return tuple.release();
}

PyObject* decoder::list() {
  std::size_t size = 0;
  if (!take_values(size)) {
    return nullptr;
  }
  py_ref list = py_ref::steal(PyList_New(static_cast<Py_ssize_t>(size)));
  for (std::size_t i = 0; i != size && list; ++i) {
    received(1);
    PyObject* item = value();
    if (item == nullptr) {
      return nullptr;
    }
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), item);
  }
  return list.release();
}

PyObject* decoder::dict() {
  std::size_t pairs = 0;
  if (!take_values(pairs, 2)) {
    return nullptr;
  }
  py_ref dict = py_ref::steal(PyDict_New());
  return dict && fill(dict.get(), pairs) ? dict.release() : nullptr;
}

bool decoder::fill(PyObject* dict, std::size_t pairs) {
  for (; pairs != 0; --pairs) {
    received(2);
    const py_ref name = py_ref::steal(key());
    if (!name) {
      return false;
    }
    const py_ref item = py_ref::steal(value());
    if (!item || PyDict_SetItem(dict, name.get(), item.get()) < 0) {
      return false;
    }
  }
  return true;
}

PyObject* decoder::set() {
  py_ref set = py_ref::steal(PySet_New(nullptr));
  return set && add_all(set.get()) ? set.release() : nullptr;
}

PyObject* decoder::frozen_set() {
  py_ref set = py_ref::steal(PyFrozenSet_New(nullptr));
  return set && add_all(set.get()) ? set.release() : nullptr;
}

bool decoder::add_all(PyObject* set) {
  std::size_t size = 0;
  if (!take_values(size)) {
    return false;
  }
  for (; size != 0; --size) {
    received(1);
    const py_ref element = py_ref::steal(value());
    if (!element || PySet_Add(set, element.get()) < 0) {
      return false;
    }
  }
  return true;
}

PyObject* decoder::range() {
  const py_ref start = py_ref::steal(value());
  const py_ref stop = start ? py_ref::steal(value()) : py_ref{};
  const py_ref step = stop ? py_ref::steal(value()) : py_ref{};
  return step ? PyObject_CallFunctionObjArgs(
                    reinterpret_cast<PyObject*>(&PyRange_Type), start.get(),
                    stop.get(), step.get(), nullptr)
              : nullptr;
}

PyObject* decoder::slice() {
  const py_ref start = py_ref::steal(value());
  const py_ref stop = start ? py_ref::steal(value()) : py_ref{};
  const py_ref step = stop ? py_ref::steal(value()) : py_ref{};
  return step ? PySlice_New(start.get(), stop.get(), step.get()) : nullptr;
}

}  // namespace troupe
