// SPDX-License-Identifier: Apache-2.0
// Python objects into payloads, and payloads into Python objects.
//
// A message is copied by value into C++ memory and rebuilt in the receiver:
// no object of one interpreter is ever touched by another. What encode() made
// in one interpreter, decode() reads in any other of the process. Everything
// here needs the GIL of the interpreter that the type_cache belongs to, may
// run Python code (properties, __reduce__, constructors), and reports failure
// as a Python exception. docs/data_layer.md says what users may rely on.
#pragma once

#include "pybridge/python.hpp"

#include <cstddef>
#include <memory>

#include "mailbox/payload.hpp"
#include "pybridge/data/type_cache.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

/// Replaces what `out` holds by `object` (borrowed). False: an exception is
/// set and `out` is empty. Error texts call the object `what`.
[[nodiscard]] bool encode(type_cache& types, PyObject* object, payload& out,
                          const char* what = "message");

/// Any thread, without Python: a message that is this actor's Ref (or whatever
/// else goes by the ref_hooks).
payload encoded_ref(ref_ptr<ref_counted> shared);

/// New reference, or null with an exception set. Any bytes are safe to decode.
[[nodiscard]] PyObject* decode(type_cache& types, const payload& in);

/// A call's arguments in the layout of PEP 590 (all borrowed): `nargs`
/// positional ones, then one for each name in `kwnames` (a tuple or null).
[[nodiscard]] bool encode_call(type_cache& types, PyObject* const* args,
                               std::size_t nargs, PyObject* kwnames,
                               payload& out);

/// The arguments of a decoded call, ready for PyObject_Vectorcall.
class decoded_call {
public:
  decoded_call() noexcept = default;
  decoded_call(const decoded_call&) = delete;
  decoded_call& operator=(const decoded_call&) = delete;
  ~decoded_call() { clear(); }

  /// Borrowed. The slot before the first is free, as the offset flag demands.
  PyObject* const* args() const noexcept { return values_ + 1; }
  /// Positional arguments, without and with PY_VECTORCALL_ARGUMENTS_OFFSET.
  std::size_t nargs() const noexcept { return positional_; }
  std::size_t nargsf() const noexcept {
    return positional_ | PY_VECTORCALL_ARGUMENTS_OFFSET;
  }
  PyObject* kwnames() const noexcept { return kwnames_.get(); }  // or null

  /// Calls `callable`; new reference, or null with an exception set.
  PyObject* call(PyObject* callable) const {
    return PyObject_Vectorcall(callable, args(), nargsf(), kwnames());
  }
  void clear() noexcept;

private:
  friend class decoder;
  static constexpr std::size_t inline_values = 8;

  PyObject** prepare(std::size_t capacity);  // room for values; may throw
  void push(PyObject* value) noexcept {      // steals
    values_[1 + size_++] = value;
  }

  std::size_t positional_ = 0;
  std::size_t size_ = 0;  // values owned, from values_[1] on
  PyObject** values_ = inline_;
  py_ref kwnames_;
  PyObject* inline_[inline_values + 1];
};

/// Replaces what `out` holds. False: an exception is set, `out` is empty.
[[nodiscard]] bool decode_call(type_cache& types, const payload& in,
                               decoded_call& out);

/// Replaces what `out` holds by an exception (borrowed): its type's name, its
/// text and its traceback as text, and the object itself if it can be sent.
/// Never fails and leaves no exception set; without memory `out` is empty.
void encode_exception(type_cache& types, PyObject* exception, payload& out);

/// A new reference to an exception object: of the same class where that can
/// be imported, else troupe.RemoteError; its cause is a RemoteTraceback.
/// Null with an exception set: the payload is corrupt or memory is short.
[[nodiscard]] PyObject* decode_exception(type_cache& types, const payload& in);

}  // namespace troupe
