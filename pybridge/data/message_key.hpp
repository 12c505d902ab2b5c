// SPDX-License-Identifier: Apache-2.0
// The key of an encoded message: one of its arguments, hashed where it lies,
// without Python.
//
// Keys that are equal and of the same kind hash equally, in every run: str,
// bytes, int, bool, float, None, tuples (named ones too), frozensets, dates,
// UUIDs, members of enums. 1, 1.0 and True are one key, as they are in a dict.
// Other numbers (Decimal, Fraction, complex, an int of more than 64 bits and a
// float) are keys of their own even where Python calls them equal, and so is a
// member of an IntEnum and its int.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "mailbox/payload.hpp"

namespace troupe {

/// Which argument: by position, or by keyword.
using key_place = std::variant<std::size_t, std::string>;

/// Any thread. Of an encoded call. None: it has no such argument.
std::optional<std::uint64_t> key_of_call(const payload& call,
                                         const key_place& place);
/// Of a message that is one value, which is argument 0.
std::optional<std::uint64_t> key_of_message(const payload& message,
                                            const key_place& place);

}  // namespace troupe
