// SPDX-License-Identifier: Apache-2.0
// Decoding: the entrance, atoms, and what is read how.
#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/decoder.hpp"

namespace troupe {
namespace {

using wire::tag;

constexpr std::size_t longest_cached_text = 32;

/// Two levels of the wire may stand for one of the message (an object and its
/// arguments), so the decoder goes deeper than the encoder.
constexpr int decoder_depth = 2 * wire::max_depth + 16;

bool is_ascii(const std::byte* text, std::size_t size) noexcept {
  std::uint64_t seen = 0;
  for (; size >= 8; size -= 8, text += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, 8);
    seen |= word;
  }
  for (; size != 0; --size, ++text) {
    seen |= static_cast<std::uint64_t>(*text);
  }
  return (seen & 0x8080808080808080u) == 0;
}

/// Of aligned characters of 4 bytes.
bool is_unicode(const std::byte* text, std::size_t length) noexcept {
  const auto* characters = reinterpret_cast<const Py_UCS4*>(text);
  return std::all_of(characters, characters + length,
                     [](Py_UCS4 c) { return c <= 0x10FFFF; });
}

}  // namespace

PyObject* decode(type_cache& types, const payload& in) {
  try {
    decoder from{types, in};
    py_ref object = py_ref::steal(from.value());
    return object && from.finished() ? object.release() : nullptr;
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

// --- Choosing ---

PyObject* decoder::value() {
  if (at_ == end_) {
    return corrupt();
  }
  const auto first = static_cast<std::uint8_t>(*at_++);
  if ((first & wire::remember) != 0) [[unlikely]] {
    return remembered(static_cast<tag>(first & ~wire::remember));
  }
  return dispatch(static_cast<tag>(first));
}

PyObject* decoder::dispatch(tag t) {
  switch (t) {
    case tag::none:
      return Py_NewRef(Py_None);
    case tag::true_value:
      return Py_NewRef(Py_True);
    case tag::false_value:
      return Py_NewRef(Py_False);
    case tag::int8: {
      std::int8_t n = 0;
      return take(n) ? PyLong_FromLong(n) : nullptr;
    }
    case tag::int32: {
      std::int32_t n = 0;
      return take(n) ? PyLong_FromLong(n) : nullptr;
    }
    case tag::int64: {
      std::int64_t n = 0;
      return take(n) ? PyLong_FromLongLong(n) : nullptr;
    }
    case tag::float64: {
      double number = 0;
      return take(number) ? PyFloat_FromDouble(number) : nullptr;
    }
    case tag::ascii:
      return ascii();
    case tag::bytes:
      return bytes();
    default:
      return compound(t);
  }
}

PyObject* decoder::compound(tag t) {
  if (depth_ == decoder_depth) {
    return corrupt();
  }
  if (Py_EnterRecursiveCall(" while decoding a message") != 0) {
    return nullptr;
  }
  ++depth_;
  PyObject* object = container(t);
  --depth_;
  Py_LeaveRecursiveCall();
  return object;
}

PyObject* decoder::container(tag t) {
  switch (t) {
    case tag::tuple:
      return tuple();
    case tag::dict:
      return dict();
    case tag::list:
      return list();
    case tag::actor_ref:
      return actor_ref();
    case tag::instance:
      return instance();
    case tag::latin1:
    case tag::ucs2:
    case tag::ucs4:
      return wide_text(t);
    case tag::blob:
      return blob();
    case tag::back_ref:
      return back_ref();
    case tag::big_int:
      return big_int();
    case tag::set:
      return set();
    case tag::frozen_set:
      return frozen_set();
    case tag::byte_array:
      return byte_array();
    case tag::complex128: {
      Py_complex number{};
      return take(number) ? PyComplex_FromCComplex(number) : nullptr;
    }
    case tag::ellipsis:
      return Py_NewRef(Py_Ellipsis);
    case tag::not_implemented:
      return Py_NewRef(Py_NotImplemented);
    case tag::range:
      return range();
    case tag::slice:
      return slice();
    case tag::memory_view:
      return memory_view();
    case tag::writable_buffer:
      return writable_buffer();
    case tag::global:
      return global();
    case tag::named_tuple:
      return named_tuple();
    case tag::enum_member:
      return enum_member();
    case tag::enum_value:
      return enum_value();
    case tag::call:
      return made_by_call();
    case tag::frozen_dict:
      return frozen_dict();
    case tag::uuid:
      return uuid();
    case tag::date:
      return date();
    case tag::time:
      return time();
    case tag::date_time:
      return date_time();
    case tag::time_delta:
      return time_delta();
    case tag::utc:
      return utc();
    case tag::time_zone:
      return time_zone();
    case tag::exception:
      return exception();
    case tag::reduced:
      return reduced();
    default:
      return corrupt();
  }
}

// --- Objects that appear twice ---

PyObject* decoder::remembered(tag t) {
  const std::size_t index = remembered_.size();
  remembered_.push_back({static_cast<std::size_t>(at_ - 1 - begin_), {}});
  PyObject* object = dispatch(t);
  remembered_[index].object = py_ref::borrow(object);
  return object;
}

PyObject* decoder::back_ref() {
  std::uint64_t offset = 0;
  if (!take_count(offset)) {
    return nullptr;
  }
  const auto found = std::lower_bound(
      remembered_.begin(), remembered_.end(), offset,
      [](const memory& m, std::uint64_t o) { return m.offset < o; });
  if (found == remembered_.end() || found->offset != offset || !found->object) {
    return corrupt();
  }
  return Py_NewRef(found->object.get());
}

// --- Atoms ---

PyObject* decoder::big_int() {
  std::size_t size = 0;
  if (!take_length(size)) {
    return nullptr;
  }
  const std::byte* digits = at_;
  at_ += size;
  return PyLong_FromNativeBytes(digits, size, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
}

PyObject* decoder::ascii() {
  std::size_t size = 0;
  if (!take_length(size)) {
    return nullptr;
  }
  const std::byte* characters = at_;
  if (!is_ascii(characters, size)) {
    return corrupt();
  }
  at_ += size;
  if (size <= 1) {  // CPython keeps these
    return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, characters,
                                     static_cast<Py_ssize_t>(size));
  }
  PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(size), 127);
  if (text != nullptr) {
    std::memcpy(PyUnicode_1BYTE_DATA(text), characters, size);
  }
  return text;
}

PyObject* decoder::wide_text(tag t) {
  const int width = t == tag::latin1 ? 1 : t == tag::ucs2 ? 2 : 4;
  std::size_t length = 0;
  if (!take_length(length, static_cast<std::size_t>(width))) {
    return nullptr;
  }
  const std::size_t size = length * static_cast<std::size_t>(width);
  const std::byte* characters = at_;
  at_ += size;
  if (width == 1 || length == 0) {
    return PyUnicode_FromKindAndData(width, characters,
                                     static_cast<Py_ssize_t>(length));
  }
  // The bytes may lie anywhere; CPython wants them aligned.
  std::unique_ptr<std::byte[]> aligned;
  if (reinterpret_cast<std::uintptr_t>(characters) % sizeof(Py_UCS4) != 0) {
    aligned = std::make_unique_for_overwrite<std::byte[]>(size);
    std::memcpy(aligned.get(), characters, size);
    characters = aligned.get();
  }
  if (width == 4 && !is_unicode(characters, length)) {
    return corrupt();
  }
  return PyUnicode_FromKindAndData(width, characters,
                                   static_cast<Py_ssize_t>(length));
}

PyObject* decoder::bytes() {
  std::size_t size = 0;
  if (!take_length(size)) {
    return nullptr;
  }
  const auto* content = reinterpret_cast<const char*>(at_);
  at_ += size;
  return PyBytes_FromStringAndSize(content, static_cast<Py_ssize_t>(size));
}

PyObject* decoder::byte_array() {
  std::size_t size = 0;
  if (!take_length(size)) {
    return nullptr;
  }
  const auto* content = reinterpret_cast<const char*>(at_);
  at_ += size;
  return PyByteArray_FromStringAndSize(content, static_cast<Py_ssize_t>(size));
}

PyObject* decoder::key() {
  if (left() >= 2 && *at_ == static_cast<std::byte>(tag::ascii)) {
    const auto size = static_cast<std::size_t>(at_[1]);
    if (size <= longest_cached_text && size + 2 <= left()) {
      const std::byte* characters = at_ + 2;
      at_ += 2 + size;
      if (!is_ascii(characters, size)) {
        return corrupt();
      }
      return types_.short_text(reinterpret_cast<const char*>(characters), size);
    }
  }
  return value();
}

// --- Reading ---

bool decoder::take_count(std::uint64_t& n) {
  n = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) {
      break;
    }
    const auto b = static_cast<std::uint64_t>(*at_++);
    n |= (b & 0x7F) << shift;
    if (b < 0x80) {
      return true;
    }
  }
  return corrupt() != nullptr;
}

bool decoder::take_length(std::size_t& n, std::size_t size) {
  std::uint64_t count = 0;
  if (!take_count(count)) {
    return false;
  }
  n = count;
  const bool fits = owed_ <= left() && count <= (left() - owed_) / size;
  return fits || corrupt() != nullptr;
}

std::nullptr_t decoder::corrupt() {
  if (PyErr_Occurred() == nullptr) {
    PyErr_Format(PyExc_ValueError, "corrupt message (at byte %zd of %zu)",
                 at_ - begin_, in_.size());
  }
  return nullptr;
}

}  // namespace troupe
