// SPDX-License-Identifier: Apache-2.0
#include "actors/fan_out.hpp"

#include <utility>

namespace troupe {

envelope_ptr copy_of(const envelope& e) {
  auto copy = make_envelope();
  copy->sender = e.sender;
  copy->selector = e.selector;
  copy->kind = e.kind;
  copy->outcome = e.outcome;
  copy->content = e.content.clone();
  return copy;
}

void tell_all(std::span<const actor_ref> receivers, envelope_ptr e) {
  for (std::size_t i = 0; i != receivers.size(); ++i) {
    const bool last = i + 1 == receivers.size();
    receivers[i].cell().deliver_or_bury(last ? std::move(e) : copy_of(*e));
  }
}

}  // namespace troupe
