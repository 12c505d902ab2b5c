// SPDX-License-Identifier: Apache-2.0
// An intrusive, thread-safe reference count.
//
// Memory ordering: the last release() sees everything that other owners did
// to the object before they released it (acq_rel on the decrement).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <boost/smart_ptr/intrusive_ptr.hpp>

namespace troupe {

class ref_counted {
public:
  ref_counted(const ref_counted&) = delete;
  ref_counted& operator=(const ref_counted&) = delete;

  void retain() const noexcept {
    // Relaxed: the caller owns a count already, so nothing is published here.
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() const noexcept {
    // Pairs with itself: every other owner's decrement.
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete this;
    }
  }

protected:
  ref_counted() = default;
  virtual ~ref_counted() = default;

private:
  mutable std::atomic<std::uint32_t> count_{0};  // written by every owner
};

inline void intrusive_ptr_add_ref(const ref_counted* object) noexcept {
  object->retain();
}
inline void intrusive_ptr_release(const ref_counted* object) noexcept {
  object->release();
}

template <typename T>
using ref_ptr = boost::intrusive_ptr<T>;

template <typename T, typename... Arguments>
ref_ptr<T> make_ref_counted(Arguments&&... arguments) {
  return ref_ptr<T>{new T(std::forward<Arguments>(arguments)...)};
}

}  // namespace troupe
