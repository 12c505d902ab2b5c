// SPDX-License-Identifier: Apache-2.0
#include "base/random_seed.hpp"

#include <sys/random.h>

#include <chrono>

namespace troupe {

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
    // The machine has only just started.
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    seed = static_cast<std::uint64_t>(now.count());
  }
  return seed;
}

}  // namespace troupe
