// SPDX-License-Identifier: Apache-2.0
// The name that a debugger, top or perf shows for a thread.
#pragma once

#include <pthread.h>

#include <string>

namespace troupe {

inline void name_this_thread(const std::string& name) noexcept {
  constexpr std::size_t limit = 15;  // the kernel's
  pthread_setname_np(pthread_self(), name.substr(0, limit).c_str());
}

}  // namespace troupe
