// SPDX-License-Identifier: Apache-2.0
// Checks for bugs of ours (never for bad input): they print and abort.
#pragma once

namespace troupe::detail {
[[noreturn]] void check_failed(const char* expression, const char* file,
                               int line) noexcept;
}  // namespace troupe::detail

/// Always on. For conditions whose failure would corrupt memory.
#define TROUPE_CHECK(condition)       \
  (__builtin_expect(!!(condition), 1) \
       ? static_cast<void>(0)         \
       : ::troupe::detail::check_failed(#condition, __FILE__, __LINE__))

/// On in debug and sanitizer builds (no NDEBUG); for the hot path.
#ifdef NDEBUG
#define TROUPE_ASSERT(condition) static_cast<void>(0)
#else
#define TROUPE_ASSERT(condition) TROUPE_CHECK(condition)
#endif
