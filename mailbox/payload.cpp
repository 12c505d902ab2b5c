// SPDX-License-Identifier: Apache-2.0
#include "mailbox/payload.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

namespace troupe {

payload& payload::operator=(payload&& other) noexcept {
  if (this != &other) {
    clear();
    take(other);
  }
  return *this;
}

std::size_t payload::attach(ref_ptr<ref_counted> object) {
  if (attachments_ == nullptr) {
    attachments_ = std::make_unique<std::vector<ref_ptr<ref_counted>>>();
  }
  attachments_->push_back(std::move(object));
  return attachments_->size() - 1;
}

payload payload::clone() const {
  payload copy;
  if (attachments_ != nullptr) {
    copy.attachments_ =
        std::make_unique<std::vector<ref_ptr<ref_counted>>>(*attachments_);
  }
  copy.reserve(size_);
  copy.append(data_, size_);
  return copy;
}

void payload::grow(std::size_t n) {
  if (n > std::numeric_limits<std::ptrdiff_t>::max() - size_) {
    throw std::bad_alloc{};
  }
  const std::size_t capacity = std::max(size_ + n, capacity_ * 2);
  const bool on_heap = data_ != inline_;
  void* block = std::realloc(on_heap ? data_ : nullptr, capacity);
  if (block == nullptr) {
    throw std::bad_alloc{};
  }
  if (!on_heap) {
    std::memcpy(block, inline_, size_);
  }
  data_ = static_cast<std::byte*>(block);
  capacity_ = capacity;
}

void payload::free_heap() noexcept {
  if (data_ != inline_) {
    std::free(data_);
    data_ = inline_;
    capacity_ = inline_capacity;
  }
  attachments_.reset();
}

void payload::take(payload& other) noexcept {
  attachments_ = std::move(other.attachments_);
  if (other.data_ == other.inline_) {
    std::memcpy(inline_, other.inline_, other.size_);
  } else {
    data_ = std::exchange(other.data_, other.inline_);
    capacity_ = std::exchange(other.capacity_, inline_capacity);
  }
  size_ = std::exchange(other.size_, 0);
}

}  // namespace troupe
