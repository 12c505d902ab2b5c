// SPDX-License-Identifier: Apache-2.0
// A message of another process, in this one's words: symbols are numbers of
// one process only (base/symbol.hpp), and are changed where they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.hpp"
#include "base/symbol.hpp"

namespace troupe {

/// What the bytes are, which they don't say: see encode(), encode_call() and
/// encode_exception().
enum class encoded_form : std::uint8_t { value, call, exception };

/// The peer's number of a name to our symbol of it; none: there is no such.
using symbol_map = std::function<symbol(std::uint32_t)>;

/// Any thread, without Python. Goes over the bytes once, without recursion. No
/// byte is trusted; `attachments` is how many things came with the bytes. The
/// error says what is wrong and where; the bytes are of no use then. An object
/// that can't be made of them is left to decode(). May throw std::bad_alloc,
/// and what `map` throws.
result<void> rewrite_symbols(std::span<std::byte> bytes, encoded_form form,
                             std::size_t attachments, const symbol_map& map);

}  // namespace troupe
