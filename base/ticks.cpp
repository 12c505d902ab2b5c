// SPDX-License-Identifier: Apache-2.0
#include "base/ticks.hpp"

#include <algorithm>
#include <array>

namespace troupe {
namespace {

double measure_once() noexcept {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds enough{40};
  const auto began = clock::now();
  const ticks first = ticks_now();
  auto ended = began;
  while (ended - began < enough) {
    ended = clock::now();
  }
  const ticks last = ticks_now();
  const std::chrono::duration<double, std::nano> passed = ended - began;
  return static_cast<double>(last - first) / passed.count();
}

// The median: the thread may lose its core in the midst of a measurement.
double measure_ticks_per_nanosecond() noexcept {
  std::array<double, 5> rates{};
  std::generate(rates.begin(), rates.end(), measure_once);
  std::sort(rates.begin(), rates.end());
  return rates[rates.size() / 2];
}

double ticks_per_nanosecond() noexcept {
  static const double measured = measure_ticks_per_nanosecond();
  return measured;
}

}  // namespace

ticks ticks_in(std::chrono::nanoseconds duration) noexcept {
  return static_cast<ticks>(static_cast<double>(duration.count()) *
                            ticks_per_nanosecond());
}

std::chrono::nanoseconds duration_of(ticks age) noexcept {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(
      static_cast<double>(age) / ticks_per_nanosecond())};
}

}  // namespace troupe
