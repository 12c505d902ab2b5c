// SPDX-License-Identifier: Apache-2.0
// A seed that is another one each time, from the kernel.
#pragma once

#include <cstdint>

namespace troupe {

/// Any thread. (std::random_device would do, but needs a younger C library:
/// the wheel runs with whatever has what we use.)
std::uint64_t random_seed() noexcept;

}  // namespace troupe
