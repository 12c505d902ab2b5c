// SPDX-License-Identifier: Apache-2.0
// Immutable bytes in C++ memory that any number of interpreters may read.
//
// A buffer is filled by the one thread that made it, before anybody else can
// see it; the reference count publishes it. From then on nobody writes.
#pragma once

#include <cstddef>

#include "base/ref_counted.hpp"

namespace troupe {

class shared_buffer final : public ref_counted {
public:
  /// Uninitialised memory for the maker to fill. Throws std::bad_alloc.
  static ref_ptr<shared_buffer> allocate(std::size_t size);
  /// The content of a file, mapped for reading; the file must not shrink
  /// while the buffer lives. Blocks for the disk when its pages are read.
  /// Null: `error` is the errno. May throw std::bad_alloc.
  static ref_ptr<shared_buffer> map_file(const char* path, int& error);

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  /// For the maker only, before the buffer is shared.
  std::byte* writable_data() noexcept { return data_; }

private:
  enum class origin { heap, mapping };

  shared_buffer(std::byte* data, std::size_t size, origin from) noexcept
      : data_{data}, size_{size}, origin_{from} {}
  ~shared_buffer() override;

  // Constant after construction.
  std::byte* const data_;
  const std::size_t size_;
  const origin origin_;
};

}  // namespace troupe
