// SPDX-License-Identifier: Apache-2.0
// Decoding: what is shared by reference count, and views of memory.
#include "pybridge/data/decoder.hpp"

namespace troupe {

using wire::tag;

const ref_ptr<ref_counted>* decoder::attachment() {
  std::uint64_t index = 0;
  if (!take_count(index)) {
    return nullptr;
  }
  const auto attachments = in_.attachments();
  if (index >= attachments.size()) {
    return corrupt();
  }
  return &attachments[index];
}

PyObject* decoder::actor_ref() {
  const ref_ptr<ref_counted>* shared = attachment();
  if (shared == nullptr) {
    return nullptr;
  }
  const bool is_buffer = dynamic_cast<shared_buffer*>(shared->get()) != nullptr;
  if (is_buffer || types_.hooks().from_shared == nullptr) {
    return corrupt();
  }
  return types_.hooks().from_shared(types_, *shared);
}

bool decoder::blob_at(blob_part& part) {
  const ref_ptr<ref_counted>* shared = attachment();
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  if (shared == nullptr || !take_count(offset) || !take_count(size)) {
    return false;
  }
  part.buffer.reset(dynamic_cast<shared_buffer*>(shared->get()));
  if (part.buffer == nullptr || offset > part.buffer->size() ||
      size > part.buffer->size() - offset || types_.blob_type() == nullptr) {
    return corrupt() != nullptr;
  }
  part.offset = offset;
  part.size = size;
  return true;
}

PyObject* decoder::blob() {
  blob_part part;
  return blob_at(part) ? make_blob(types_.blob_type(), std::move(part))
                       : nullptr;
}

PyObject* decoder::memory_view() {
  if (at_ == end_ || *at_ != static_cast<std::byte>(tag::ascii)) {
    return corrupt();
  }
  const py_ref format = py_ref::steal(value());
  std::size_t dimensions = 0;
  if (!format || !take_length(dimensions)) {
    return nullptr;
  }
  const py_ref shape =
      py_ref::steal(PyTuple_New(static_cast<Py_ssize_t>(dimensions)));
  for (std::size_t i = 0; i != dimensions && shape; ++i) {
    std::uint64_t n = 0;
    PyObject* extent = take_count(n) ? PyLong_FromUnsignedLongLong(n) : nullptr;
    if (extent == nullptr) {
      return nullptr;
    }
    PyTuple_SET_ITEM(shape.get(), static_cast<Py_ssize_t>(i), extent);
  }
  const py_ref content = shape ? py_ref::steal(value()) : py_ref{};
  py_ref view = content ? py_ref::steal(PyMemoryView_FromObject(content.get()))
                        : py_ref{};
  if (!view || (dimensions == 1 && PyUnicode_Check(format.get()) &&
                PyUnicode_EqualToUTF8(format.get(), "B") != 0)) {
    return view.release();
  }
  if (dimensions == 1) {
    return PyObject_CallMethod(view.get(), "cast", "O", format.get());
  }
  return PyObject_CallMethod(view.get(), "cast", "OO", format.get(),
                             shape.get());
}

PyObject* decoder::writable_buffer() {
  const py_ref content = py_ref::steal(value());
  if (content && PyObject_CheckBuffer(content.get()) == 0) {
    return corrupt();  // of a number it would make that many bytes
  }
  return content ? PyByteArray_FromObject(content.get()) : nullptr;
}

}  // namespace troupe
