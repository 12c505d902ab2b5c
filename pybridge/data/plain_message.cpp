// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/plain_message.hpp"

#include <algorithm>
#include <string>

#include "base/symbol.hpp"
#include "pybridge/data/wire.hpp"

namespace troupe {
namespace {

using wire::tag;

constexpr char32_t replacement = 0xFFFD;

// Takes one character off the front.
char32_t next(std::string_view& utf8) noexcept {
  const auto first = static_cast<unsigned char>(utf8[0]);
  utf8.remove_prefix(1);
  const int more = first < 0x80   ? 0
                   : first < 0xC2 ? -1
                   : first < 0xE0 ? 1
                   : first < 0xF0 ? 2
                   : first < 0xF5 ? 3
                                  : -1;
  if (more <= 0) {
    return more == 0 ? first : replacement;
  }
  char32_t c = first & (0x3FU >> more);
  for (int i = 0; i != more; ++i) {
    if (utf8.empty() || (static_cast<unsigned char>(utf8[0]) & 0xC0) != 0x80) {
      return replacement;
    }
    c = c << 6 | (static_cast<unsigned char>(utf8[0]) & 0x3F);
    utf8.remove_prefix(1);
  }
  return c <= 0x10FFFF ? c : replacement;
}

bool is_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

void plain_message::make(std::string_view type, std::uint8_t arguments) {
  const symbol name = intern(type);
  byte(static_cast<std::uint8_t>(tag::call));
  put(&name, sizeof name);
  byte(static_cast<std::uint8_t>(tag::tuple));
  count(arguments);
}

void plain_message::none() {
  byte(static_cast<std::uint8_t>(tag::none));
}

void plain_message::number(std::int64_t n) {
  byte(static_cast<std::uint8_t>(tag::int64));
  put(&n, sizeof n);
}

void plain_message::text(std::string_view utf8) {
  if (is_ascii(utf8)) {
    byte(static_cast<std::uint8_t>(tag::ascii));
    count(utf8.size());
    return put(utf8.data(), utf8.size());
  }
  std::u32string wide;
  while (!utf8.empty()) {
    wide += next(utf8);
  }
  byte(static_cast<std::uint8_t>(tag::ucs4));
  count(wide.size());
  put(wide.data(), wide.size() * sizeof(char32_t));
}

void plain_message::count(std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) {
    byte(static_cast<std::uint8_t>(n | 0x80));
  }
  byte(static_cast<std::uint8_t>(n));
}

}  // namespace troupe
