// SPDX-License-Identifier: Apache-2.0
// The content of one message: bytes in C++ memory, plus what they refer to.
//
// Small contents live inside the payload, so inside its envelope; larger ones
// in one heap block. Attachments (blobs, actor refs) are shared by reference
// count and never copied; the bytes name them by index. A payload belongs to
// one thread at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

class payload {
public:
  /// Chosen so that an envelope is three cache lines.
  static constexpr std::size_t inline_capacity = 128;

  payload() noexcept = default;
  payload(payload&& other) noexcept { take(other); }
  payload& operator=(payload&& other) noexcept;
  payload(const payload&) = delete;
  payload& operator=(const payload&) = delete;
  ~payload() { clear(); }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Room for `n` more bytes, uninitialised. Throws std::bad_alloc. The
  /// pointer is valid until the next call that adds bytes.
  std::byte* extend(std::size_t n) {
    if (n > capacity_ - size_) {
      grow(n);
    }
    std::byte* end = data_ + size_;
    size_ += n;
    return end;
  }
  void append(const void* bytes, std::size_t n) {
    if (n != 0) {
      std::memcpy(extend(n), bytes, n);
    }
  }
  /// Forgets the bytes from `size` on; attachments stay.
  void truncate(std::size_t size) noexcept {
    TROUPE_ASSERT(size <= size_);
    size_ = size;
  }
  /// Takes memory for `n` bytes in all at once.
  void reserve(std::size_t n) {
    if (n > capacity_) {
      grow(n - size_);
    }
  }

  /// Keeps `object` alive with the payload; answers its index.
  std::size_t attach(ref_ptr<ref_counted> object);
  std::span<const ref_ptr<ref_counted>> attachments() const noexcept {
    if (attachments_ == nullptr) {
      return {};
    }
    return *attachments_;
  }

  /// A payload with the same bytes, which shares the attachments. Throws
  /// std::bad_alloc.
  payload clone() const;

  /// Empty again; gives heap memory back.
  void clear() noexcept {
    if (data_ != inline_ || attachments_ != nullptr) {
      free_heap();
    }
    size_ = 0;
  }

  /// For C++ actors: a payload that holds one trivially copyable value.
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  static payload of(const T& value) {
    payload result;
    result.append(&value, sizeof value);
    return result;
  }
  template <typename T>
  requires std::is_trivially_copyable_v<T> T as()
  const noexcept {
    TROUPE_ASSERT(size_ == sizeof(T));
    T value;
    std::memcpy(&value, data_, sizeof value);
    return value;
  }

private:
  void grow(std::size_t n);
  void free_heap() noexcept;
  void take(payload& other) noexcept;

  std::byte* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = inline_capacity;
  std::unique_ptr<std::vector<ref_ptr<ref_counted>>> attachments_;
  std::byte inline_[inline_capacity];
};

}  // namespace troupe
