// SPDX-License-Identifier: Apache-2.0
// Interned names: a handler or type name travels as four bytes.
//
// The table is process-wide and only grows; a symbol is valid for ever. It is
// the one global besides the runtime: names mean the same in every interpreter.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

enum class symbol : std::uint32_t { none = 0 };

/// Any thread; takes a short lock. The same name gives the same symbol.
symbol intern(std::string_view name);

/// Any thread; never blocks. The view lives as long as the process.
std::string_view name_of(symbol s) noexcept;

/// Any thread. How many there are: they are numbered from 1 on, without gaps.
std::uint32_t symbol_count() noexcept;

}  // namespace troupe
