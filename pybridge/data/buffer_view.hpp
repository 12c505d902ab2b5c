// SPDX-License-Identifier: Apache-2.0
// A Py_buffer that releases itself. For use while attached.
#pragma once

#include "pybridge/python.hpp"

namespace troupe {

class buffer_view {
public:
  buffer_view() noexcept = default;
  buffer_view(const buffer_view&) = delete;
  buffer_view& operator=(const buffer_view&) = delete;
  ~buffer_view() {
    if (held_) {
      PyBuffer_Release(&view_);
    }
  }

  /// False with an exception set. Called once.
  bool acquire(PyObject* object, int flags) noexcept {
    held_ = PyObject_GetBuffer(object, &view_, flags) == 0;
    return held_;
  }
  const Py_buffer& get() const noexcept { return view_; }

private:
  Py_buffer view_{};
  bool held_ = false;
};

}  // namespace troupe
