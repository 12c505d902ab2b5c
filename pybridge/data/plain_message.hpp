// SPDX-License-Identifier: Apache-2.0
// A message put together without Python, in the bytes that encode() would
// write. Any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "mailbox/payload.hpp"

namespace troupe {

class plain_message {
public:
  /// What calling this class ("module:Class") with the next `arguments` values
  /// gives.
  void make(std::string_view type, std::uint8_t arguments);
  void none();
  void number(std::int64_t n);
  /// UTF-8; what isn't becomes U+FFFD.
  void text(std::string_view utf8);
  void text_or_none(std::string_view utf8) {
    utf8.empty() ? none() : text(utf8);
  }

  payload take() { return std::move(out_); }

private:
  void put(const void* bytes, std::size_t n) { out_.append(bytes, n); }
  void byte(std::uint8_t b) { put(&b, 1); }
  void count(std::uint64_t n);

  payload out_;
};

}  // namespace troupe
