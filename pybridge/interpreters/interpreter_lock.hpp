// SPDX-License-Identifier: Apache-2.0
// CPython 3.13 corrupts memory when interpreters are created, import extension
// modules and end at the same time; there this is one lock for all of that.
// From 3.14 on it is empty.
#pragma once

#include "pybridge/python.hpp"

#include <mutex>

#include "base/roles.hpp"

namespace troupe {

/// To be taken while detached.
class interpreter_lock {
#if PY_VERSION_HEX < 0x030E0000
public:
  interpreter_lock() TROUPE_EXCLUDES(gil) : lock_{mutex_} {}

private:
  static inline std::mutex mutex_;
  const std::lock_guard<std::mutex> lock_;
#else
public:
  interpreter_lock() noexcept TROUPE_EXCLUDES(gil) {}
  ~interpreter_lock() {}  // not trivial: so it may seem unused
  interpreter_lock(const interpreter_lock&) = delete;
  interpreter_lock& operator=(const interpreter_lock&) = delete;
#endif
};

}  // namespace troupe
