// SPDX-License-Identifier: Apache-2.0
// Encoding: what is shared by reference count (blobs, actor refs), and views
// of memory.
#include "pybridge/data/buffer_view.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;

namespace {

/// Formats that memoryview.cast() accepts: one letter of the native kind.
bool is_castable(const char* format) {
  if (*format == '@') {
    ++format;
  }
  return *format != '\0' && format[1] == '\0' &&
         std::strchr("cbB?hHiIlLqQnNfdeP", *format) != nullptr;
}

/// The object whose memory a view shows; borrowed or null.
PyObject* exporter_of(const Py_buffer& view) {
  return view.obj != nullptr && PyMemoryView_Check(view.obj)
             ? PyMemoryView_GET_BASE(view.obj)
             : view.obj;
}

}  // namespace

bool encoder::actor_ref(PyObject* object) {
  const std::size_t index = attach(types_.hooks().to_shared(object));
  put(tag::actor_ref);
  put_count(index);
  return true;
}

payload encoded_ref(ref_ptr<ref_counted> shared) {
  payload p;
  p.attach(std::move(shared));
  const std::byte bytes[] = {static_cast<std::byte>(tag::actor_ref),
                             std::byte{0}};
  p.append(bytes, sizeof bytes);
  return p;
}

bool encoder::blob(PyObject* object) {
  put_blob(tag::blob, part_of_blob(object));
  return true;
}

void encoder::put_blob(tag t, const blob_part& part) {
  const std::size_t index = attach(part.buffer);
  put(t);
  put_count(index);
  put_count(part.offset);
  put_count(part.size);
}

std::size_t encoder::attach(ref_ptr<ref_counted> object) {
  const ref_counted* address = object.get();
  if (const std::size_t* index = attached_.find(address)) {
    return *index;
  }
  const std::size_t index = out_.attach(std::move(object));
  attached_.insert(address, index);
  return index;
}

bool encoder::memory_view(PyObject* object) {
  buffer_view view;
  if (!view.acquire(object, PyBUF_FULL_RO)) {
    return fail_refused(object, "");
  }
  const Py_buffer& b = view.get();
  const char* format = b.format == nullptr ? "B" : b.format;
  if (!is_castable(format) || b.suboffsets != nullptr) {
    return fail_refused(object, "its items are not plain numbers or bytes");
  }
  if (b.len == 0 && b.ndim > 1) {
    return fail_refused(object, "it is empty in several dimensions");
  }
  put(tag::memory_view);
  put_sized(tag::ascii, std::strlen(format), format, std::strlen(format));
  put_count(static_cast<std::uint64_t>(b.ndim));
  for (int i = 0; i != b.ndim; ++i) {
    put_count(static_cast<std::uint64_t>(b.shape[i]));
  }
  return content(b);
}

bool encoder::content(const Py_buffer& view) {
  const auto size = static_cast<std::size_t>(view.len);
  const bool contiguous = PyBuffer_IsContiguous(&view, 'C') != 0;
  PyObject* exporter = exporter_of(view);
  if (contiguous && exporter != nullptr &&
      Py_IS_TYPE(exporter, types_.blob_type())) {
    blob_part part = part_of_blob(exporter);
    const auto* start = static_cast<const std::byte*>(view.buf);
    part.offset = static_cast<std::size_t>(start - part.buffer->data());
    part.size = size;
    put_blob(tag::blob, part);
    return true;
  }
  if (size >= wire::attach_from) {
    blob_part part{shared_buffer::allocate(size), 0, size};
    if (PyBuffer_ToContiguous(part.buffer->writable_data(), &view, view.len,
                              'C') < 0) {
      return false;
    }
    put_blob(tag::blob, part);
    return true;
  }
  put(tag::bytes);
  put_count(size);
  return PyBuffer_ToContiguous(room(size), &view, view.len, 'C') == 0;
}

bool encoder::pickle_buffer(PyObject* object) {
  buffer_view view;
  if (!view.acquire(object, PyBUF_FULL_RO)) {
    return fail_refused(object, "");
  }
  put(view.get().readonly != 0 ? tag::memory_view : tag::writable_buffer);
  if (view.get().readonly != 0) {
    put_sized(tag::ascii, 1, "B", 1);
    put_count(1);
    put_count(static_cast<std::uint64_t>(view.get().len));
  }
  return content(view.get());
}

}  // namespace troupe
