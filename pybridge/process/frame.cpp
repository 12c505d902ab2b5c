// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/frame.hpp"

#include <utility>

namespace troupe {

frame_writer::frame_writer(frame_kind kind) {
  frame_.bytes.reserve(256);
  frame_.bytes.resize(frame_header_size);
  std::memcpy(frame_.bytes.data() + 4, &kind, sizeof kind);
}

void frame_writer::raw(const void* bytes, std::size_t size) {
  const auto* const first = static_cast<const std::byte*>(bytes);
  frame_.bytes.insert(frame_.bytes.end(), first, first + size);
}

void frame_writer::attach(int descriptor, ref_ptr<ref_counted> keeps) {
  frame_.descriptors.push_back(descriptor);
  frame_.keeps.push_back(std::move(keeps));
}

frame frame_writer::finish() && {
  const auto length = static_cast<std::uint32_t>(size());
  const auto count = static_cast<std::uint16_t>(descriptors());
  std::memcpy(frame_.bytes.data(), &length, sizeof length);
  std::memcpy(frame_.bytes.data() + 6, &count, sizeof count);
  return std::move(frame_);
}

}  // namespace troupe
