// SPDX-License-Identifier: Apache-2.0
// Encoding: containers. User code may change them under our hands, so sizes
// are compared afterwards.
#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;

bool encoder::tuple(PyObject* object) {
  const Py_ssize_t size = PyTuple_GET_SIZE(object);
  step here{*this, object, step_kind::index};
  if (!enter(here)) {
    return false;
  }
  put(tag::tuple);
  put_count(static_cast<std::uint64_t>(size));
  for (Py_ssize_t i = 0; i != size; ++i) {
    here.index = i;
    if (!value(PyTuple_GET_ITEM(object, i))) {
      return false;
    }
  }
  return true;
}

bool encoder::list(PyObject* object) {
  const Py_ssize_t size = PyList_GET_SIZE(object);
  step here{*this, object, step_kind::index};
  if (!enter(here)) {
    return false;
  }
  put(tag::list);
  put_count(static_cast<std::uint64_t>(size));
  for (Py_ssize_t i = 0; i != size; ++i) {
    here.index = i;
    if (i >= PyList_GET_SIZE(object)) {
      return fail_changed("list");
    }
    if (!value(PyList_GET_ITEM(object, i))) {
      return false;
    }
  }
  return PyList_GET_SIZE(object) == size || fail_changed("list");
}

bool encoder::dict(PyObject* object) {
  step here{*this, object, step_kind::key};
  if (!enter(here)) {
    return false;
  }
  put(tag::dict);
  put_count(static_cast<std::uint64_t>(PyDict_GET_SIZE(object)));
  return items_of(object, here);
}

bool encoder::items_of(PyObject* dict, step& here) {
  const step_kind kind = here.kind;
  Py_ssize_t left = PyDict_GET_SIZE(dict);
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* item = nullptr;
  while (PyDict_Next(dict, &position, &key, &item)) {
    const py_ref hold_key = py_ref::borrow(key);
    const py_ref hold_item = py_ref::borrow(item);
    if (left-- == 0) {
      return fail_changed("dict");
    }
    here.kind = step_kind::key_itself;
    here.key = key;
    if (!value(key)) {
      return false;
    }
    here.kind = kind;
    if (!value(item)) {
      return false;
    }
  }
  return left == 0 || fail_changed("dict");
}

bool encoder::set(PyObject* object, tag kind) {
  const Py_ssize_t size = PySet_GET_SIZE(object);
  step here{*this, object, step_kind::element};
  if (!enter(here)) {
    return false;
  }
  put(kind);
  put_count(static_cast<std::uint64_t>(size));
  const py_ref iterator = py_ref::steal(PyObject_GetIter(object));
  if (!iterator) {
    return false;
  }
  Py_ssize_t count = 0;
  while (const auto element = py_ref::steal(PyIter_Next(iterator.get()))) {
    here.index = count++;
    if (!value(element.get())) {
      return false;
    }
  }
  if (PyErr_Occurred() != nullptr) {
    return false;  // CPython's "Set changed size during iteration"
  }
  return count == size || fail_changed("set");
}

bool encoder::range(PyObject* object) {
  step here{*this, object, step_kind::part};
  put(tag::range);
  for (const char* part : {"start", "stop", "step"}) {
    here.part = part;
    const auto bound = py_ref::steal(PyObject_GetAttrString(object, part));
    if (!bound || !value(bound.get())) {
      return false;
    }
  }
  return true;
}

bool encoder::slice(PyObject* object) {
  step here{*this, object, step_kind::part};
  if (!enter(here)) {
    return false;
  }
  const auto* bounds = reinterpret_cast<PySliceObject*>(object);
  put(tag::slice);
  here.part = "start";
  if (!value(bounds->start)) {
    return false;
  }
  here.part = "stop";
  if (!value(bounds->stop)) {
    return false;
  }
  here.part = "step";
  return value(bounds->step);
}

}  // namespace troupe
