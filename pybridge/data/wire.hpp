// SPDX-License-Identifier: Apache-2.0
// How a Python object is written into a payload's bytes.
//
// A value is one tag byte, then what the tag says (see below). Numbers are in
// the machine's own byte order: payloads never leave the machine. A count is
// seven bits a byte, low bits first. A symbol is four bytes (base/symbol.hpp);
// from one process to another rewrite_symbols.hpp takes it.
//
// The tag's top bit asks the decoder to remember the value, because a back
// reference to it follows further on. The encoder sets the bit only when it
// meets the object again, so objects that appear once cost the decoder nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::wire {

enum class tag : std::uint8_t {
  end,  // of an open-ended list of values
  none,
  false_value,
  true_value,
  ellipsis,
  not_implemented,
  int8,             // 1 byte
  int32,            // 4 bytes
  int64,            // 8 bytes
  big_int,          // count, two's complement bytes, low first
  float64,          // 8 bytes
  complex128,       // 2 x 8 bytes
  ascii,            // count, characters of 1 byte, all below 128
  latin1,           // count, characters of 1 byte
  ucs2,             // count, characters of 2 bytes
  ucs4,             // count, characters of 4 bytes
  bytes,            // count, bytes
  byte_array,       // count, bytes
  tuple,            // count, values
  list,             // count, values
  set,              // count, values
  frozen_set,       // count, values
  dict,             // count, (key, value) pairs
  frozen_dict,      // count, (key, value) pairs
  range,            // start, stop, step
  slice,            // start, stop, step
  blob,             // attachment, offset, size (counts)
  memory_view,      // format (ascii), dimensions (count, counts), blob or bytes
  writable_buffer,  // blob or bytes: arrives as a bytearray
  actor_ref,        // attachment
  global,           // symbol: a class or function by name
  instance,         // symbol; (name, value)* end; then slots likewise
  named_tuple,      // symbol, count, values
  enum_member,      // symbol, name
  enum_value,       // symbol, value
  call,             // symbol, tuple: what class(*arguments) gives
  date,             // 4 bytes
  time,             // 8 bytes, zone
  date_time,        // 12 bytes, zone
  time_delta,       // days, seconds, microseconds: 3 x 4 bytes
  utc,
  time_zone,  // tuple: offset or (offset, name)
  uuid,       // 16 bytes
  exception,  // exception_part bits; see convert_error.cpp
  reduced,    // reduce_part bits; see convert_reduce.cpp
  back_ref,   // count: where the tag of the remembered value is
  last = back_ref,
};

/// What follows a reduced object's tag, as bits.
enum reduce_part : unsigned {
  new_object = 1,  // the callable is copyreg.__newobj__ and isn't written
  list_items = 2,
  dict_items = 4,
  state_part = 8,
  setter_part = 16,
  all_parts = 31,
};

/// What follows an exception's tag, as bits.
enum exception_part : unsigned {
  traceback_part = 1,
  cause_part = 2,
  context_part = 4,
  suppress_context = 8,
  own_reduction = 16,
};

inline constexpr std::uint8_t remember = 0x80;

/// Levels of nesting. Each level takes some 400 bytes of stack on either side.
inline constexpr int max_depth = 1000;

/// Bytes of one message; what is attached (blobs) doesn't count.
inline constexpr std::size_t default_max_size = std::size_t{1} << 30;

/// Buffers from this size on travel as attachments rather than in the bytes.
inline constexpr std::size_t attach_from = std::size_t{64} << 10;

}  // namespace troupe::wire
