// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/blob.hpp"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "pybridge/data/buffer_view.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {
namespace {

/// Copies of this size and more let other threads of the interpreter run.
constexpr Py_ssize_t detach_from = Py_ssize_t{1} << 20;

struct blob_object {
  PyObject_HEAD blob_part part;
};

blob_part& part_in(PyObject* self) {
  return reinterpret_cast<blob_object*>(self)->part;
}

char* data_of(const blob_part& part) {
  // Py_buffer wants char*; the buffer is exported read-only.
  return const_cast<char*>(
      reinterpret_cast<const char*>(part.buffer->data() + part.offset));
}

// --- Making ---

PyObject* wrap(PyTypeObject* type, blob_part part) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self != nullptr) {
    new (&part_in(self)) blob_part{std::move(part)};
  }
  return self;
}

void copy_content(std::byte* to, const Py_buffer& from) {
  if (from.len < detach_from) {
    std::memcpy(to, from.buf, static_cast<std::size_t>(from.len));
    return;
  }
  Py_BEGIN_ALLOW_THREADS;
  std::memcpy(to, from.buf, static_cast<std::size_t>(from.len));
  Py_END_ALLOW_THREADS;
}

PyObject* copy_of(PyTypeObject* type, PyObject* source) {
  buffer_view from;
  if (!from.acquire(source, PyBUF_SIMPLE)) {
    return nullptr;
  }
  const auto size = static_cast<std::size_t>(from.get().len);
  try {
    auto buffer = shared_buffer::allocate(size);
    copy_content(buffer->writable_data(), from.get());
    return wrap(type, {std::move(buffer), 0, size});
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* blob_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const names[] = {"", nullptr};
  PyObject* source = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Blob",
                                   const_cast<char**>(names), &source)) {
    return nullptr;
  }
  if (Py_TYPE(source) == type) {
    return wrap(type, part_in(source));
  }
  return copy_of(type, source);
}

ref_ptr<shared_buffer> map_or_null(const char* path, int& error) noexcept {
  try {
    return shared_buffer::map_file(path, error);
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
    return nullptr;
  }
}

PyObject* blob_open(PyObject* type, PyObject* path) {
  PyObject* encoded = nullptr;
  if (!PyUnicode_FSConverter(path, &encoded)) {
    return nullptr;
  }
  const py_ref hold = py_ref::steal(encoded);
  const char* name = PyBytes_AS_STRING(encoded);
  ref_ptr<shared_buffer> buffer;
  int error = 0;
  Py_BEGIN_ALLOW_THREADS;
  buffer = map_or_null(name, error);
  Py_END_ALLOW_THREADS;
  if (buffer == nullptr) {
    errno = error;
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
  }
  const std::size_t size = buffer->size();
  return wrap(reinterpret_cast<PyTypeObject*>(type),
              {std::move(buffer), 0, size});
}

void blob_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  part_in(self).~blob_part();
  type->tp_free(self);
  Py_DECREF(type);
}

// --- Reading ---

int blob_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const blob_part& part = part_in(self);
  return PyBuffer_FillInfo(view, self, data_of(part),
                           static_cast<Py_ssize_t>(part.size), /*readonly=*/1,
                           flags);
}

Py_ssize_t blob_length(PyObject* self) {
  return static_cast<Py_ssize_t>(part_in(self).size);
}

PyObject* blob_slice(PyObject* self, PyObject* slice) {
  Py_ssize_t start = 0;
  Py_ssize_t stop = 0;
  Py_ssize_t step = 0;
  if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
    return nullptr;
  }
  const Py_ssize_t size =
      PySlice_AdjustIndices(blob_length(self), &start, &stop, step);
  if (step != 1) {
    PyErr_SetString(PyExc_ValueError,
                    "a Blob has no slices with a step; use memoryview(blob)");
    return nullptr;
  }
  blob_part part = part_in(self);
  part.offset += static_cast<std::size_t>(start);
  part.size = static_cast<std::size_t>(size);
  return wrap(Py_TYPE(self), std::move(part));
}

PyObject* blob_item(PyObject* self, Py_ssize_t index) {
  if (index < 0 || index >= blob_length(self)) {
    PyErr_SetString(PyExc_IndexError, "Blob index out of range");
    return nullptr;
  }
  return PyLong_FromLong(
      static_cast<unsigned char>(data_of(part_in(self))[index]));
}

PyObject* blob_subscript(PyObject* self, PyObject* key) {
  if (PySlice_Check(key)) {
    return blob_slice(self, key);
  }
  const Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred() != nullptr) {
    return nullptr;
  }
  return blob_item(self, index < 0 ? index + blob_length(self) : index);
}

PyObject* blob_compare(PyObject* self, PyObject* other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) ||
      !PyObject_CheckBuffer(other)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  buffer_view with;
  if (!with.acquire(other, PyBUF_SIMPLE)) {
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
  }
  const blob_part& part = part_in(self);
  const bool equal =
      part.size == static_cast<std::size_t>(with.get().len) &&
      (data_of(part) == with.get().buf ||
       std::memcmp(data_of(part), with.get().buf, part.size) == 0);
  return PyBool_FromLong(equal == (operation == Py_EQ));
}

/// The same as that of equal bytes.
Py_hash_t blob_hash(PyObject* self) {
  const blob_part& part = part_in(self);
  const auto size = static_cast<Py_ssize_t>(part.size);
#if PY_VERSION_HEX >= 0x030E0000
  return Py_HashBuffer(data_of(part), size);
#else
  const py_ref copy =
      py_ref::steal(PyBytes_FromStringAndSize(data_of(part), size));
  return copy ? PyObject_Hash(copy.get()) : -1;
#endif
}

PyObject* blob_repr(PyObject* self) {
  return PyUnicode_FromFormat("<troupe.Blob of %zu bytes>", part_in(self).size);
}

PyObject* blob_bytes(PyObject* self, PyObject*) {
  const blob_part& part = part_in(self);
  return PyBytes_FromStringAndSize(data_of(part),
                                   static_cast<Py_ssize_t>(part.size));
}

PyObject* blob_reduce(PyObject* self, PyObject*) {
  PyObject* content = blob_bytes(self, nullptr);
  return content == nullptr ? nullptr
                            : Py_BuildValue("O(N)", Py_TYPE(self), content);
}

constexpr const char* blob_doc =
    "Blob(bytes_like, /)\n--\n\n"
    "Immutable bytes that actors share instead of copying.\n\n"
    "The content is copied once, when the Blob is made; sending it, to "
    "however\n"
    "many actors, copies nothing. It reads like bytes: len(), ==, hash(),\n"
    "indexing, memoryview(blob), bytes(blob). A slice shares the memory.\n\n"
    ">>> blob = troupe.Blob(b'some large data')\n"
    ">>> bytes(blob[5:10])\n"
    "b'large'\n"
    ">>> ref.tell(blob)  # doctest: +SKIP\n";

constexpr const char* open_doc =
    "open($type, path, /)\n--\n\n"
    "The content of a file, mapped into memory and not copied.\n\n"
    "Pages are read when they are touched. The file must not be cut short\n"
    "while the Blob is in use.\n\n"
    ">>> blob = troupe.Blob.open('data.bin')  # doctest: +SKIP\n";

PyMethodDef blob_methods[] = {
    {"open", blob_open, METH_O | METH_CLASS, open_doc},
    {"__bytes__", blob_bytes, METH_NOARGS, nullptr},
    {"__reduce__", blob_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

template <typename Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

PyObject* make_blob_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, slot(blob_new)},
      {Py_tp_dealloc, slot(blob_dealloc)},
      {Py_tp_doc, const_cast<char*>(blob_doc)},
      {Py_tp_methods, blob_methods},
      {Py_tp_repr, slot(blob_repr)},
      {Py_tp_hash, slot(blob_hash)},
      {Py_tp_richcompare, slot(blob_compare)},
      {Py_bf_getbuffer, slot(blob_get_buffer)},
      {Py_mp_length, slot(blob_length)},
      {Py_sq_length, slot(blob_length)},
      {Py_sq_item, slot(blob_item)},
      {Py_mp_subscript, slot(blob_subscript)},
      {0, nullptr},
  };
  PyType_Spec spec = {"troupe.Blob", sizeof(blob_object), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, slots};
  return PyType_FromModuleAndSpec(module, &spec, nullptr);
}

PyObject* make_blob(PyTypeObject* type, blob_part part) {
  return wrap(type, std::move(part));
}

const blob_part& part_of_blob(PyObject* blob) {
  return part_in(blob);
}

}  // namespace troupe
