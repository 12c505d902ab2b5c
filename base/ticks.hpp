// SPDX-License-Identifier: Apache-2.0
// A clock that costs a few nanoseconds to read, for ages of microseconds.
//
// On x86-64 it is the processor's time stamp counter. Use it for decisions
// that may be wrong now and then, never for what a user sees as time.
#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// A point in time, or a length of time, in no fixed unit. Signed, so
/// that an age is right (small) even if two cores disagree by a little.
using ticks = std::int64_t;

inline ticks ticks_now() noexcept {
#if defined(__x86_64__)
  return static_cast<ticks>(__builtin_ia32_rdtsc());
#else
  return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

/// How many ticks `duration` takes. The first call measures for 0.2 ms.
ticks ticks_in(std::chrono::nanoseconds duration) noexcept;
/// The other way round, about.
std::chrono::nanoseconds duration_of(ticks age) noexcept;

}  // namespace troupe
