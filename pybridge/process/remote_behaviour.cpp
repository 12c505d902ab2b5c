// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/remote_behaviour.hpp"

namespace troupe {

// Whoever stops it means the actor there. The system that ends means this cell.
bool remote_behaviour::delays_end(actor_cell& self, stop_reason) {
  const turn_scope in_turn;
  if (peer_->ended() || self.system().closing()) {
    return false;
  }
  peer_->order(their_number_,
               self.drains() ? far_order::drain : far_order::stop);
  return true;
}

void remote_behaviour::interrupt(actor_cell&, interrupt_kind kind,
                                 std::uint64_t) noexcept {
  if (kind == interrupt_kind::kill) {
    peer_->order(their_number_, far_order::kill);
  }
}

// A kill that comes to a cell at rest has ended it before it could interrupt.
void remote_behaviour::on_stop(actor_cell& self, stop_reason reason) noexcept {
  if (reason == stop_reason::killed) {
    peer_->order(their_number_, far_order::kill);
  }
  far_behaviour::on_stop(self, reason);
}

void remote_behaviour::on_event(actor_cell& self, far_event& what) {
  const turn_scope in_turn;
  if (auto* const ended = std::get_if<actor_ended>(&what)) {
    self.end_as(ended->reason, std::move(ended->why));
  } else if (auto* const gone = std::get_if<peer_gone>(&what)) {
    self.end_as(
        gone->reason,
        fault{make_error(errc::stopped,
                         "actor '" + self.name() +
                             "' has ended with its process: " + gone->why),
              {}});
  }
}

}  // namespace troupe
