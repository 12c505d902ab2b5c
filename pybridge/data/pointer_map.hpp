// SPDX-License-Identifier: Apache-2.0
// A hash table from addresses to small values, for the data layer's hot path.
// The first few entries live inside the object and are searched in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe {

/// `Value` is trivially copyable. Entries are never removed one by one.
template <typename Value>
class pointer_map {
public:
  pointer_map() noexcept {}  // leaves few_ uninitialised: that costs time
  pointer_map(const pointer_map&) = delete;
  pointer_map& operator=(const pointer_map&) = delete;

  std::size_t size() const noexcept { return size_; }

  /// The value of `key`, or null. Valid until the next insert().
  Value* find(const void* key) noexcept {
    if (slots_ == nullptr) {
      for (std::size_t i = 0; i != size_; ++i) {
        if (few_[i].key == key) {
          return &few_[i].value;
        }
      }
      return nullptr;
    }
    entry& found = slot_of(key);
    return found.key == nullptr ? nullptr : &found.value;
  }

  /// `key` is not null and not in the map yet. May throw std::bad_alloc.
  void insert(const void* key, Value value) {
    if (slots_ == nullptr && size_ < few) {
      few_[size_++] = {key, value};
      return;
    }
    if (slots_ == nullptr || size_ * 2 >= capacity_) {
      grow();
    }
    slot_of(key) = {key, value};
    ++size_;
  }

  template <typename Visit>  // visit(const void* key, Value&)
  void for_each(Visit visit) {
    entry* first = slots_ == nullptr ? few_ : slots_.get();
    entry* last = first + (slots_ == nullptr ? size_ : capacity_);
    for (; first != last; ++first) {
      if (first->key != nullptr) {
        visit(first->key, first->value);
      }
    }
  }

  void clear() noexcept {
    slots_.reset();
    size_ = 0;
    capacity_ = 0;
  }

private:
  struct entry {
    const void* key;
    Value value;
  };
  static constexpr std::size_t few = 8;

  entry& slot_of(const void* key) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(key);
    std::size_t i = (address >> 4) * 0x9E3779B97F4A7C15u >> shift_;
    while (slots_[i].key != nullptr && slots_[i].key != key) {
      i = (i + 1) & (capacity_ - 1);
    }
    return slots_[i];
  }

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 4 * few : capacity_ * 2;
    auto fresh = std::make_unique<entry[]>(capacity);  // zeroed
    std::unique_ptr<entry[]> old = std::move(slots_);
    const entry* first = old == nullptr ? few_ : old.get();
    const entry* last = first + (old == nullptr ? size_ : capacity_);
    slots_ = std::move(fresh);
    capacity_ = capacity;
    shift_ = 64 - __builtin_ctzll(capacity);
    for (; first != last; ++first) {
      if (first->key != nullptr) {
        slot_of(first->key) = *first;
      }
    }
  }

  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // a power of two, or 0 while few_ is in use
  int shift_ = 0;
  std::unique_ptr<entry[]> slots_;
  union {
    entry few_[few];
  };
};

}  // namespace troupe
