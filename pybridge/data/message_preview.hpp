// SPDX-License-Identifier: Apache-2.0
// An encoded message in words for people, cut short, made without Python.
#pragma once

#include <cstddef>
#include <string>

#include "mailbox/payload.hpp"

namespace troupe {

inline constexpr std::size_t preview_length = 100;  // bytes, about

/// Any thread. As Python would write it, as far as that can be told:
/// `(1, 'a', <Point>, ...)`.
std::string preview_of_message(const payload& message);
/// The arguments of a call: `(1, b='x')`.
std::string preview_of_call(const payload& call);

}  // namespace troupe
