// SPDX-License-Identifier: Apache-2.0
// An owning PyObject*. Made, copied and destroyed while attached to the
// interpreter that the object belongs to.
#pragma once

#include "pybridge/python.hpp"

#include <utility>

namespace troupe {

class py_ref {
public:
  py_ref() noexcept = default;
  py_ref(const py_ref& other) noexcept : object_{Py_XNewRef(other.object_)} {}
  py_ref(py_ref&& other) noexcept
      : object_{std::exchange(other.object_, nullptr)} {}
  py_ref& operator=(py_ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~py_ref() { Py_XDECREF(object_); }

  /// Takes over a new reference; null is allowed.
  static py_ref steal(PyObject* object) noexcept { return py_ref{object}; }
  /// Adds a reference to a borrowed one; null is allowed.
  static py_ref borrow(PyObject* object) noexcept {
    return py_ref{Py_XNewRef(object)};
  }

  PyObject* get() const noexcept { return object_; }  // borrowed
  PyTypeObject* type() const noexcept {               // borrowed
    return reinterpret_cast<PyTypeObject*>(object_);
  }
  /// Gives the reference to the caller.
  [[nodiscard]] PyObject* release() noexcept {
    return std::exchange(object_, nullptr);
  }
  void reset() noexcept { Py_CLEAR(object_); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

private:
  explicit py_ref(PyObject* object) noexcept : object_{object} {}

  PyObject* object_ = nullptr;
};

}  // namespace troupe
