// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/frame_buffer.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

constexpr std::size_t usual_capacity = std::size_t{64} << 10;

template <typename T>
T read_at(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

std::span<std::byte> frame_buffer::room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > usual_capacity) {
      memory_.reset();  // of a large frame that is over
      capacity_ = 0;
    }
  }
  if (capacity_ == 0) {
    grow(usual_capacity);
  } else if (end_ == capacity_) {
    const std::size_t held = end_ - begin_;
    grow(std::max(usual_capacity,
                  std::min(std::max(wanted_, held + 1), 2 * held)));
  }
  return {memory_.get() + end_, capacity_ - end_};
}

// What is held goes to the front.
void frame_buffer::grow(std::size_t capacity) {
  const std::size_t held = end_ - begin_;
  if (capacity <= capacity_ && begin_ != 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, held);
  } else {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (held != 0) {
      std::memcpy(larger.get(), memory_.get() + begin_, held);
    }
    memory_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = held;
}

result<std::optional<received_frame>> frame_buffer::next() {
  if (end_ - begin_ < frame_header_size) {
    wanted_ = 0;
    return std::optional<received_frame>{};
  }
  const std::byte* const header = memory_.get() + begin_;
  const std::size_t size = read_at<std::uint32_t>(header);
  const auto kind = read_at<std::uint8_t>(header + 4);
  const std::size_t count = read_at<std::uint16_t>(header + 6);
  if (size > max_frame_size || count > max_frame_descriptors ||
      kind >= static_cast<std::uint8_t>(frame_kind::count_)) {
    return make_error(errc::invalid_argument,
                      "a frame of kind " + std::to_string(kind) + ", " +
                          std::to_string(size) + " bytes and " +
                          std::to_string(count) + " descriptors");
  }
  wanted_ = frame_header_size + size;
  if (end_ - begin_ < wanted_) {
    return std::optional<received_frame>{};
  }
  if (descriptors_.size() < count) {
    return make_error(errc::invalid_argument,
                      "a frame whose descriptors didn't arrive (has this "
                      "process too many files open?)");
  }
  received_frame whole{
      static_cast<frame_kind>(kind),
      frame_reader{{memory_.get() + begin_ + frame_header_size, size}},
      {}};
  for (std::size_t i = 0; i != count; ++i) {
    whole.descriptors.push_back(std::move(descriptors_.front()));
    descriptors_.pop_front();
  }
  begin_ += wanted_;
  wanted_ = 0;
  return std::optional{std::move(whole)};
}

}  // namespace troupe
