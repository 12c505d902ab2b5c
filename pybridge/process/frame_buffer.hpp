// SPDX-License-Identifier: Apache-2.0
// What has come over a link and is not yet a whole frame.
//
// It takes memory as bytes come, and not as a header promises.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "pybridge/process/descriptor.hpp"
#include "pybridge/process/frame.hpp"

namespace troupe {

class frame_buffer {
public:
  /// Room for what comes next, never empty. May throw std::bad_alloc.
  std::span<std::byte> room();
  /// So many bytes of it were filled.
  void filled(std::size_t bytes) noexcept { end_ += bytes; }
  void add(descriptor d) { descriptors_.push_back(std::move(d)); }
  std::size_t descriptors() const noexcept { return descriptors_.size(); }

  /// The next whole frame, or none yet; its bytes are valid until room().
  result<std::optional<received_frame>> next();

private:
  void grow(std::size_t capacity);

  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t wanted_ = 0;  // of the frame that has begun
  std::deque<descriptor> descriptors_;
};

}  // namespace troupe
