// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/sending.hpp"

#include <string>
#include <utility>

#include "actors/actor_system.hpp"
#include "pybridge/module/module_state.hpp"

namespace troupe {
namespace {

bool wait_for_room(actor_cell& receiver) {
  const auto room = receiver.when_room();
  return wait_detached(*room, std::nullopt,
                       receiver.system().get_scheduler()) == wait_result::done;
}

bool refuse(const envelope& e, const actor_cell& receiver) {
  receiver.system().dead().note(e, receiver.id(), dead_reason::mailbox_full);
  raise_named("MailboxFull",
              ("actor '" + receiver.name() + "' has a full mailbox (" +
               std::to_string(receiver.mailbox_capacity()) + " messages)")
                  .c_str());
  return false;
}

}  // namespace

bool send(const actor_ref& receiver, envelope_ptr e) {
  actor_cell& cell = receiver.cell();
  if (actor_cell::current() == nullptr) {
    if (cell.system().draining()) {
      cell.system().dead().add(std::move(e), cell.id(), cell.name(),
                               dead_reason::stopped);
      return true;
    }
    if (cell.makes_senders_wait() && !wait_for_room(cell)) {
      return false;
    }
  }
  while (cell.deliver(std::move(e)) == push_result::full) {
    if (cell.overflow() != overflow_policy::block) {
      return refuse(*e, cell);
    }
    if (!wait_for_room(cell)) {
      return false;
    }
  }
  return true;
}

}  // namespace troupe
