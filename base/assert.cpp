// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe::detail {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "troupe: internal check failed: %s (%s:%d)\n",
               expression, file, line);
  std::abort();
}

}  // namespace troupe::detail
