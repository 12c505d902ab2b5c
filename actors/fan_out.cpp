// SPDX-License-Identifier: Apache-2.0
#include "actors/fan_out.hpp"

#include <utility>

#include "actors/actor_system.hpp"

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

void deliver_or_bury(const actor_ref& to, envelope_ptr e) noexcept {
  actor_cell& cell = to.cell();
  if (cell.deliver(std::move(e)) == push_result::full) {
    cell.system().dead().add(std::move(e), cell.id(), cell.name(),
                             dead_reason::mailbox_full);
  }
}

void tell_all(std::span<const actor_ref> receivers, envelope_ptr e) {
  for (std::size_t i = 0; i != receivers.size(); ++i) {
    const bool last = i + 1 == receivers.size();
    deliver_or_bury(receivers[i], last ? std::move(e) : copy_of(*e));
  }
}

}  // namespace troupe
