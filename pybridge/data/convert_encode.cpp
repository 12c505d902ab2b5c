// SPDX-License-Identifier: Apache-2.0
// Encoding: the entrance, atoms, and what is written how.
#include "pybridge/data/convert.hpp"

#include <limits>
#include <new>

#include "pybridge/data/encoder.hpp"

namespace troupe {
namespace {

using wire::tag;

/// From this many bytes on a str or bytes is worth looking for a second time.
constexpr std::size_t remember_from = 256;

/// In place of an offset: what was written there has been taken back.
constexpr auto forgotten = std::numeric_limits<std::size_t>::max();

bool is_shared(PyObject* object) noexcept {
  return Py_REFCNT(object) > 1;
}

/// Runs `body` and turns what it throws into a Python exception.
template <typename Body>
bool guarded(const type_cache& types, const char* what, payload& out,
             Body body) {
  try {
    if (body()) {
      return true;
    }
  } catch (const message_too_big& e) {
    PyErr_Format(PyExc_ValueError,
                 "%s is at least %zu bytes; the limit is %zu bytes; use "
                 "troupe.Blob for large data",
                 what, e.size, types.max_message_size());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  out.clear();
  return false;
}

}  // namespace

bool encode(type_cache& types, PyObject* object, payload& out,
            const char* what) {
  out.clear();
  return guarded(types, what, out, [&] {
    return encoder{types, out, what}.value(object);
  });
}

bool encode_call(type_cache& types, PyObject* const* args, std::size_t nargs,
                 PyObject* kwnames, payload& out) {
  out.clear();
  return guarded(types, "message", out, [&] {
    return encoder{types, out, "message"}.call(args, nargs, kwnames);
  });
}

encoder::~encoder() {
  seen_.for_each([](const void* object, std::size_t) {
    Py_DECREF(static_cast<PyObject*>(const_cast<void*>(object)));
  });
}

// --- Calls ---

bool encoder::call(PyObject* const* args, std::size_t nargs,
                   PyObject* kwnames) {
  const Py_ssize_t named = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  put_count(nargs);
  put_count(static_cast<std::uint64_t>(named));
  step here{*this, nullptr, step_kind::argument};
  for (std::size_t i = 0; i != nargs; ++i) {
    here.index = static_cast<Py_ssize_t>(i);
    if (!value(args[i])) {
      return false;
    }
  }
  here.kind = step_kind::named_argument;
  for (Py_ssize_t i = 0; i != named; ++i) {
    here.key = PyTuple_GET_ITEM(kwnames, i);
    if (!text(here.key) || !value(args[nargs + static_cast<std::size_t>(i)])) {
      return false;
    }
  }
  return true;
}

// --- Choosing ---

bool encoder::value(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == &PyUnicode_Type) {
    return text(object);
  }
  if (type == &PyLong_Type) {
    return integer(object);
  }
  if (object == Py_None) {
    put(tag::none);
    return true;
  }
  if (type == &PyFloat_Type) {
    put(tag::float64, PyFloat_AS_DOUBLE(object));
    return true;
  }
  if (type == &PyBool_Type) {
    put(object == Py_True ? tag::true_value : tag::false_value);
    return true;
  }
  if (type == &PyBytes_Type) {
    return bytes(object);
  }
  return compound(object);
}

bool encoder::compound(PyObject* object) {
  if (PyTuple_CheckExact(object) && PyTuple_GET_SIZE(object) == 0) {
    put(tag::tuple, std::uint8_t{0});
    return true;
  }
  const py_ref hold = py_ref::borrow(object);
  if (at_ == nullptr) {
    root_ = object;
    return container(object);
  }
  // An interpreter's stack may hold a call's arguments without counting them.
  const bool maybe_again = at_->container == nullptr || Py_REFCNT(object) > 2;
  if (!maybe_again) {
    return container(object);
  }
  if (object == root_) {
    return fail_cycle();
  }
  return seen_before(object) ? !is_ancestor(object) || fail_cycle()
                             : container(object);
}

bool encoder::seen_before(PyObject* object) {
  std::size_t* first = seen_.find(object);
  if (first != nullptr && *first == forgotten) {
    *first = out_.size();
    return false;
  }
  if (first != nullptr) {
    const_cast<std::byte&>(out_.data()[*first]) |= std::byte{wire::remember};
    put(tag::back_ref);
    put_count(*first);
    return true;
  }
  seen_.insert(object, out_.size());
  Py_INCREF(object);
  return false;
}

void encoder::forget_from(std::size_t offset) noexcept {
  seen_.for_each([offset](const void*, std::size_t& first) {
    if (first >= offset) {
      first = forgotten;
    }
  });
}

bool encoder::container(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == &PyDict_Type) {
    return dict(object);
  }
  if (type == &PyList_Type) {
    return list(object);
  }
  if (type == &PyTuple_Type) {
    return tuple(object);
  }
  if (type == &PySet_Type) {
    return set(object, tag::set);
  }
  if (type == &PyFrozenSet_Type) {
    return set(object, tag::frozen_set);
  }
  if (type == &PyByteArray_Type) {
    return byte_array(object);
  }
  if (type == &PyComplex_Type) {
    return complex(object);
  }
  if (type == &PyRange_Type) {
    return range(object);
  }
  if (type == &PySlice_Type) {
    return slice(object);
  }
  if (object == Py_Ellipsis || object == Py_NotImplemented) {
    return constant(object);
  }
  return by_plan(object);
}

bool encoder::by_plan(PyObject* object) {
  const class_plan* plan = types_.plan_of(Py_TYPE(object));
  return plan == nullptr ? fail_refused(object, "") : planned(object, *plan);
}

// --- Atoms ---

bool encoder::constant(PyObject* object) {
  put(object == Py_Ellipsis ? tag::ellipsis : tag::not_implemented);
  return true;
}

bool encoder::integer(PyObject* object) {
  const auto* number = reinterpret_cast<PyLongObject*>(object);
  if (PyUnstable_Long_IsCompact(number)) {
    const Py_ssize_t n = PyUnstable_Long_CompactValue(number);
    if (n == static_cast<std::int8_t>(n)) {
      put(tag::int8, static_cast<std::int8_t>(n));
    } else if (n == static_cast<std::int32_t>(n)) {
      put(tag::int32, static_cast<std::int32_t>(n));
    } else {
      put(tag::int64, static_cast<std::int64_t>(n));
    }
    return true;
  }
  int overflow = 0;
  const long long n = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow == 0) {
    put(tag::int64, static_cast<std::int64_t>(n));
    return true;
  }
  constexpr int format = Py_ASNATIVEBYTES_LITTLE_ENDIAN;
  const Py_ssize_t size = PyLong_AsNativeBytes(object, nullptr, 0, format);
  if (size < 0) {
    return false;
  }
  put(tag::big_int);
  put_count(static_cast<std::uint64_t>(size));
  std::byte* to = room(static_cast<std::size_t>(size));
  return PyLong_AsNativeBytes(object, to, size, format) >= 0;
}

bool encoder::text(PyObject* object) {
  const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(object));
  const auto width = static_cast<std::size_t>(PyUnicode_KIND(object));
  const std::size_t size = length * width;
  if (size >= remember_from && is_shared(object) && seen_before(object)) {
    return true;
  }
  const tag t = PyUnicode_IS_ASCII(object) ? tag::ascii
                : width == 1               ? tag::latin1
                : width == 2               ? tag::ucs2
                                           : tag::ucs4;
  put_sized(t, length, PyUnicode_DATA(object), size);
  return true;
}

bool encoder::bytes(PyObject* object) {
  const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(object));
  if (size >= remember_from && is_shared(object) && seen_before(object)) {
    return true;
  }
  put_sized(tag::bytes, size, PyBytes_AS_STRING(object), size);
  return true;
}

bool encoder::byte_array(PyObject* object) {
  const auto size = static_cast<std::size_t>(PyByteArray_GET_SIZE(object));
  put_sized(tag::byte_array, size, PyByteArray_AS_STRING(object), size);
  return true;
}

bool encoder::complex(PyObject* object) {
  put(tag::complex128, PyComplex_AsCComplex(object));
  return true;
}

// --- Writing ---

void encoder::too_big(std::size_t n) const {
  throw message_too_big{n > std::numeric_limits<std::size_t>::max() -
                                    out_.size()
                            ? n
                            : out_.size() + n};
}

void encoder::put_count(std::uint64_t n) {
  while (n >= 0x80) {
    *room(1) = static_cast<std::byte>(n | 0x80);
    n >>= 7;
  }
  *room(1) = static_cast<std::byte>(n);
}

void encoder::put_sized(tag t, std::uint64_t count, const void* data,
                        std::size_t size) {
  if (count < 0x80) {
    std::byte* p = room(2 + size);
    p[0] = static_cast<std::byte>(t);
    p[1] = static_cast<std::byte>(count);
    std::memcpy(p + 2, data, size);
    return;
  }
  put(t);
  put_count(count);
  std::memcpy(room(size), data, size);
}

}  // namespace troupe
