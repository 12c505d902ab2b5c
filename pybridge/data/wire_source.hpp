// SPDX-License-Identifier: Apache-2.0
// Reads a payload's bytes without making objects. No byte is trusted: what
// isn't there reads as nothing, and bad() says so from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "mailbox/payload.hpp"
#include "pybridge/data/shared_buffer.hpp"
#include "pybridge/data/wire.hpp"

namespace troupe {

class wire_source {
public:
  explicit wire_source(const payload& in) noexcept
      : wire_source{{in.data(), in.size()}} {
    attachments_ = in.attachments();
  }
  explicit wire_source(std::span<const std::byte> bytes) noexcept
      : left_{bytes}, size_{bytes.size()} {}

  bool bad() const noexcept { return bad_; }
  /// For `return`: there is no sense in what comes.
  void spoil() noexcept { bad_ = true; }
  std::size_t at() const noexcept { return size_ - left_.size(); }

  std::span<const std::byte> bytes(std::size_t n) noexcept {
    if (bad_ || n > left_.size()) {
      bad_ = true;
      return {};
    }
    const auto taken = left_.first(n);
    left_ = left_.subspan(n);
    return taken;
  }
  template <typename T>
  T number() noexcept {
    T value{};
    if (const auto raw = bytes(sizeof value); !raw.empty()) {
      std::memcpy(&value, raw.data(), sizeof value);
    }
    return value;
  }
  std::uint64_t count() noexcept {
    std::uint64_t n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto b = number<std::uint8_t>();
      n |= (std::uint64_t{b} & 0x7F) << shift;
      if (b < 0x80) {
        return n;
      }
    }
    bad_ = true;
    return 0;
  }
  /// A count of things of at least `size` bytes each.
  std::size_t length(std::size_t size = 1) noexcept {
    const std::uint64_t n = count();
    if (n > left_.size() / size) {
      bad_ = true;
      return 0;
    }
    return n;
  }
  /// What was attached; null if it wasn't.
  ref_counted* attachment() noexcept {
    const std::uint64_t index = count();
    if (bad_ || index >= attachments_.size()) {
      bad_ = true;
      return nullptr;
    }
    return attachments_[index].get();
  }
  /// The memory that a blob's tag means.
  std::span<const std::byte> blob() noexcept {
    const auto* buffer = dynamic_cast<const shared_buffer*>(attachment());
    const std::uint64_t offset = count();
    const std::uint64_t size = count();
    if (bad_ || buffer == nullptr || offset > buffer->size() ||
        size > buffer->size() - offset) {
      bad_ = true;
      return {};
    }
    return {buffer->data() + offset, size};
  }
  /// Whether the end of an open-ended list is here; it is taken then.
  bool at_end() noexcept {
    if (left_.empty() || left_[0] != static_cast<std::byte>(wire::tag::end)) {
      return bad_ || (left_.empty() && (bad_ = true));
    }
    left_ = left_.subspan(1);
    return true;
  }

private:
  std::span<const ref_ptr<ref_counted>> attachments_;
  std::span<const std::byte> left_;
  std::size_t size_;
  bool bad_ = false;
};

}  // namespace troupe
