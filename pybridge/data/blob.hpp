// SPDX-License-Identifier: Apache-2.0
// troupe.Blob: immutable bytes that interpreters share instead of copying.
#pragma once

#include "pybridge/python.hpp"

#include <cstddef>

#include "pybridge/data/shared_buffer.hpp"

namespace troupe {

/// A part of a shared buffer.
struct blob_part {
  ref_ptr<shared_buffer> buffer;
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// The heap type for `module`; new reference, or null with an exception set.
PyObject* make_blob_type(PyObject* module);

/// A Blob of type `type` (borrowed); new reference, or null with an exception.
/// The part lies inside its buffer.
PyObject* make_blob(PyTypeObject* type, blob_part part);

/// What a Blob shows; `blob` is borrowed, and its type is a Blob type.
const blob_part& part_of_blob(PyObject* blob);

}  // namespace troupe
