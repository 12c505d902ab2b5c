// SPDX-License-Identifier: Apache-2.0
// Memory with a descriptor, which nobody who has that can cut short.
#pragma once

#include <cstddef>
#include <span>

namespace troupe {

/// Closes what it has.
class file_descriptor {
public:
  explicit file_descriptor(int fd) noexcept : fd_{fd} {}
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor();
  int get() const noexcept { return fd_; }
  int release() noexcept;

private:
  int fd_;
};

/// The descriptor of `size` bytes, mapped at `data` for their maker to fill.
/// -1: errno says why. Any thread.
int make_sealed_memory(std::size_t size, std::byte*& data) noexcept;
/// The descriptor of a copy. -1: errno says why. Any thread.
int make_sealed_copy(std::span<const std::byte> bytes) noexcept;

/// Whether nobody can make the bytes behind it fewer.
bool is_sealed(int fd) noexcept;

}  // namespace troupe
