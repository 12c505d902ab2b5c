// SPDX-License-Identifier: Apache-2.0
// The decoder's inside: one object per message, on the stack.
//
// Every method that answers a PyObject* gives a new reference, or null with an
// exception set. No byte is trusted: lengths are checked against what is left
// before memory is taken, depth is limited, attachments and classes are looked
// at before use. Corrupt bytes give a ValueError, unless they happen to mean
// something that CPython refuses with another exception.
#pragma once

#include "pybridge/python.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "mailbox/payload.hpp"
#include "pybridge/data/blob.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/data/type_cache.hpp"
#include "pybridge/data/wire.hpp"
#include "pybridge/py_ref.hpp"

namespace troupe {

class decoder {
public:
  decoder(type_cache& types, const payload& in) noexcept
      : types_{types},
        in_{in},
        begin_{in.data()},
        at_{in.data()},
        end_{in.data() + in.size()} {}

  PyObject* value();
  bool call(decoded_call& out);
  /// True if all bytes were read; else false with an exception set.
  bool finished() { return at_ == end_ || corrupt() != nullptr; }

  PyObject* exception_record();  // see convert_error.cpp

private:
  struct memory {
    std::size_t offset;
    py_ref object;  // null while it is being decoded
  };

  // convert_decode.cpp: atoms and containers
  PyObject* dispatch(wire::tag t);
  PyObject* compound(wire::tag t);
  PyObject* container(wire::tag t);
  PyObject* remembered(wire::tag t);
  PyObject* back_ref();
  PyObject* big_int();
  PyObject* ascii();
  PyObject* wide_text(wire::tag t);
  PyObject* bytes();
  PyObject* byte_array();
  PyObject* tuple();
  PyObject* list();
  PyObject* dict();
  PyObject* set();
  PyObject* frozen_set();
  PyObject* range();
  PyObject* slice();
  /// A key or attribute: like value(), but short texts are found in a cache.
  PyObject* key();
  bool fill(PyObject* dict, std::size_t pairs);
  bool add_all(PyObject* set);

  // convert_decode_buffers.cpp
  PyObject* blob();
  PyObject* actor_ref();
  PyObject* memory_view();
  PyObject* writable_buffer();
  bool blob_at(blob_part& part);
  const ref_ptr<ref_counted>* attachment();

  // convert_decode_objects.cpp
  PyObject* global();
  PyObject* instance();
  py_ref new_instance(const known_object& known);
  bool attributes(PyObject* object, bool plain);
  bool set_attribute(PyObject* object, PyObject* name, PyObject* item,
                     bool plain);
  PyObject* named_tuple();
  PyObject* enum_member();
  PyObject* enum_value();
  PyObject* made_by_call();
  PyObject* uuid();
  PyObject* frozen_dict();
  const known_object* named_object();
  const known_object* named_class();

  // convert_datetime.cpp
  PyObject* date();
  PyObject* time();
  PyObject* date_time();
  PyObject* time_delta();
  PyObject* utc();
  PyObject* time_zone();

  // convert_error.cpp
  PyObject* exception();
  PyObject* bare_exception();
  bool exception_extras(PyObject* object, unsigned parts);

  // convert_reduce.cpp
  PyObject* reduced();
  bool reduced_items(PyObject* object, unsigned parts);
  bool reduced_state(PyObject* object, unsigned parts);
  py_ref new_by_class(PyObject* arguments);
  bool extend(PyObject* object, PyObject* items);
  bool set_state(PyObject* object, PyObject* state);
  /// Adds to the exception what was being made; an exit() becomes an error.
  std::nullptr_t failed(PyObject* what);

  // Reading.
  std::size_t left() const noexcept {
    return static_cast<std::size_t>(end_ - at_);
  }
  template <typename T>
  bool take(T& number) {
    if (left() < sizeof number) {
      return corrupt() != nullptr;
    }
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return true;
  }
  bool take_count(std::uint64_t& n);
  /// A count of things of at least `size` bytes each that are still to come.
  bool take_length(std::size_t& n, std::size_t size = 1);
  /// The same, for values: their bytes are owed until received().
  bool take_values(std::size_t& n, std::size_t each = 1) {
    if (!take_length(n, each)) {
      return false;
    }
    owed_ += n * each;
    return true;
  }
  void received(std::size_t values) noexcept { owed_ -= values; }
  /// True, and the end tag is skipped: an open-ended list is over.
  bool at_end() noexcept {
    if (at_ != end_ && *at_ == static_cast<std::byte>(wire::tag::end)) {
      ++at_;
      return true;
    }
    return false;
  }
  std::nullptr_t corrupt();

  type_cache& types_;
  const payload& in_;
  const std::byte* const begin_;
  const std::byte* at_;
  const std::byte* const end_;
  int depth_ = 0;
  /// Bytes that the containers around us need at least for what they still
  /// miss. So forged counts can't make the containers, all together, larger
  /// than the message would allow.
  std::size_t owed_ = 0;
  std::vector<memory> remembered_;  // by offset, ascending
};

}  // namespace troupe
