// SPDX-License-Identifier: Apache-2.0
// actor_cell: how a message gets in, and what a full mailbox does with it.
#include <utility>

#include "actors/actor_system.hpp"
#include "actors/cell/cell_extras.hpp"

namespace troupe {

push_result actor_cell::deliver(envelope_ptr&& e) noexcept {
  if (e->reply_to != nullptr) {
    static_cast<completion&>(*e->reply_to)
        .set_holder(static_cast<std::uint64_t>(id()));
  }
  push_result result = e->urgent ? mailbox_.push_urgent(std::move(e))
                                 : mailbox_.push(std::move(e));
  if (result == push_result::full) {
    result = overflow(std::move(e));
  }
  if (result == push_result::woke_reader) {
    wake();
  } else if (result == push_result::closed) {
    system_.dead().add(std::move(e), id(), name(), dead_reason::stopped);
  }
  if (mailbox_.crowded()) {
    make_crowd();
  }
  return result;
}

// As the policy says. `full`: the caller is to be told, or to wait.
push_result actor_cell::overflow(envelope_ptr&& e) noexcept {
  switch (setting_.overflow) {
    case overflow_policy::drop_newest:
      system_.dead().add(std::move(e), id(), name(), dead_reason::dropped);
      return push_result::ok;
    case overflow_policy::drop_oldest: {
      envelope_ptr oldest;
      const push_result result = mailbox_.push_displacing(std::move(e), oldest);
      if (oldest != nullptr) {
        system_.dead().add(std::move(oldest), id(), name(),
                           dead_reason::dropped);
      }
      return result;
    }
    case overflow_policy::redirect:
      setting_.redirect->deliver_or_bury(std::move(e));
      return push_result::ok;
    case overflow_policy::mute:
    case overflow_policy::block:
    case overflow_policy::fail:
      break;
  }
  return push_result::full;
}

void actor_cell::deliver_or_bury(envelope_ptr e) noexcept {
  if (deliver(std::move(e)) == push_result::full) {
    system_.dead().add(std::move(e), id(), name(), dead_reason::mailbox_full);
  }
}

void actor_cell::make_crowd() noexcept {
  actor_cell* const sender = current();
  if (sender != nullptr && sender != this && &sender->system_ == &system_) {
    system_.waits().mute(*sender, *this);
  }
}

ref_ptr<completion> actor_cell::when_room() {
  return system_.waits().when_room(*this);
}

// Half of what may wait, so that those who waited get something done.
bool actor_cell::has_room() const noexcept {
  return state() == life::ended || mailbox_.roomy();
}

void actor_cell::refuse_messages(bool refuse) noexcept {
  mailbox_.refuse(refuse);
  if (!refuse) {
    system_.waits().relieve(*this, false);
  }
}

}  // namespace troupe
