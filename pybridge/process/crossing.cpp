// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/crossing.hpp"

#include <algorithm>

#include "actors/asking/completion.hpp"
#include "actors/cell/actor_cell.hpp"
#include "pybridge/data/sealed.hpp"
#include "pybridge/data/shared_buffer.hpp"
#include "pybridge/process/receipt.hpp"

namespace troupe {

bool can_cross(const payload& content) {
  return std::ranges::all_of(content.attachments(), [](const auto& one) {
    const auto* const value = dynamic_cast<const sealed*>(one.get());
    return value != nullptr
               ? can_cross(value->content())
               : dynamic_cast<const actor_cell*>(one.get()) != nullptr ||
                     dynamic_cast<const shared_buffer*>(one.get()) != nullptr ||
                     dynamic_cast<const completion*>(one.get()) != nullptr ||
                     dynamic_cast<const receipt*>(one.get()) != nullptr;
  });
}

}  // namespace troupe
