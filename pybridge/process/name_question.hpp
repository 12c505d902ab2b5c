// SPDX-License-Identifier: Apache-2.0
// What a child asks of its parent's registry, where the names are.
#pragma once

#include <cstdint>

namespace troupe {

enum class name_question : std::uint8_t {
  lookup,  // answered at once: with an actor attached, or without
  await,   // answered when there is one
  add,
  remove,
  count_
};

}  // namespace troupe
