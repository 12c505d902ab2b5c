// SPDX-License-Identifier: Apache-2.0
// Stands in for a function of a young glibc, so that the extension module runs
// with older ones as well: libstdc++.a refers to it for std::random_device,
// which nothing here uses.
#include <sys/random.h>

#include <cstdint>

extern "C" std::uint32_t arc4random() noexcept {
  std::uint32_t number = 0;
  while (getrandom(&number, sizeof number, 0) != sizeof number) {
    // A signal came before the machine had gathered randomness.
  }
  return number;
}
