// SPDX-License-Identifier: Apache-2.0
// What follows each tag of the wire, for those that go over a message without
// making objects of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pybridge/data/wire.hpp"

namespace troupe::wire {

/// In this order; what is zero isn't there.
struct shape {
  bool symbol = false;
  std::uint8_t bytes = 0;
  std::uint8_t width = 0;  // a count, and for each of it so many bytes
  std::uint8_t each = 0;   // a count, and for each of it so many values
  std::uint8_t values = 0;
  bool known = true;  // false: more than these can say, or no tag at all
};

constexpr shape shape_of(tag t) noexcept {
  switch (t) {
    case tag::none:
    case tag::false_value:
    case tag::true_value:
    case tag::ellipsis:
    case tag::not_implemented:
    case tag::utc:
      return {};
    case tag::int8:
      return {.bytes = 1};
    case tag::int32:
    case tag::date:
      return {.bytes = 4};
    case tag::int64:
    case tag::float64:
      return {.bytes = 8};
    case tag::complex128:
      return {.bytes = 16};
    case tag::time_delta:
      return {.bytes = 12};
    case tag::time:
      return {.bytes = 8, .values = 1};
    case tag::date_time:
      return {.bytes = 12, .values = 1};
    case tag::uuid:
      return {.bytes = 16, .values = 1};
    case tag::big_int:
    case tag::ascii:
    case tag::latin1:
    case tag::bytes:
    case tag::byte_array:
      return {.width = 1};
    case tag::ucs2:
      return {.width = 2};
    case tag::ucs4:
      return {.width = 4};
    case tag::tuple:
    case tag::list:
    case tag::set:
    case tag::frozen_set:
      return {.each = 1};
    case tag::dict:
    case tag::frozen_dict:
      return {.each = 2};
    case tag::range:
    case tag::slice:
      return {.values = 3};
    case tag::time_zone:
    case tag::writable_buffer:
      return {.values = 1};
    case tag::global:
      return {.symbol = true};
    case tag::named_tuple:
    case tag::enum_member:
    case tag::enum_value:
    case tag::call:
      return {.symbol = true, .values = 1};
    case tag::end:
    case tag::blob:
    case tag::memory_view:
    case tag::actor_ref:
    case tag::instance:
    case tag::exception:
    case tag::reduced:
    case tag::back_ref:
      break;
  }
  return {.known = false};
}

/// Values of an exception, all told. Unless it has a reduction of its own, a
/// symbol comes before them.
constexpr std::uint8_t values_of_exception(unsigned bits) noexcept {
  const int extra = ((bits & traceback_part) != 0) +
                    ((bits & cause_part) != 0) + ((bits & context_part) != 0);
  return static_cast<std::uint8_t>(((bits & own_reduction) != 0 ? 1 : 2) +
                                   extra);
}

/// Values of a reduced object before its items, and after them.
constexpr std::uint8_t first_values(unsigned bits) noexcept {
  return (bits & new_object) != 0 ? 1 : 2;
}
constexpr std::uint8_t last_values(unsigned bits) noexcept {
  const bool setter = (bits & setter_part) != 0;
  return (bits & state_part) == 0 ? 0 : setter ? 2 : 1;
}

}  // namespace troupe::wire
