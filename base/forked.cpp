// SPDX-License-Identifier: Apache-2.0
#include "base/forked.hpp"

#include <pthread.h>

namespace troupe {

void watch_forks() {
  [[maybe_unused]] static const int registered = pthread_atfork(
      nullptr, nullptr,
      [] { detail::forked.store(true, std::memory_order_relaxed); });
}

}  // namespace troupe
