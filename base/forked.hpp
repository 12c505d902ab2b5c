// SPDX-License-Identifier: Apache-2.0
// Whether this process is the copy that fork() made of one with systems in it.
//
// Such a copy has one thread only. Whatever the others held or were about to do
// stays as it was: nobody may lock, wait, schedule or join there.
#pragma once

#include <atomic>

namespace troupe {
namespace detail {

// Written in the child, while it has one thread. Relaxed: it stands for itself.
inline std::atomic<bool> forked{false};

}  // namespace detail

/// From now on a fork makes a process in which in_forked_child() is true. Any
/// thread; again is fine.
void watch_forks();

/// Any thread; a load.
inline bool in_forked_child() noexcept {
  return detail::forked.load(std::memory_order_relaxed);
}

}  // namespace troupe
