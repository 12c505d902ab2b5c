// SPDX-License-Identifier: Apache-2.0
// The handle to an actor: small, copyable, and valid after its actor is gone.
//
// Everything here may be called on any thread, and never blocks.
#pragma once

#include <string>
#include <utility>

#include "actors/cell/actor_cell.hpp"

namespace troupe {

class actor_ref {
public:
  actor_ref() = default;
  explicit actor_ref(ref_ptr<actor_cell> cell) : cell_{std::move(cell)} {}

  explicit operator bool() const noexcept { return cell_ != nullptr; }
  bool operator==(const actor_ref&) const noexcept = default;

  actor_id id() const noexcept { return cell_->id(); }
  const std::string& name() const noexcept { return cell_->name(); }
  bool ended() const noexcept { return cell_->ended(); }
  actor_cell& cell() const noexcept { return *cell_; }

  /// One way. A message that can't be delivered becomes a dead letter.
  void tell(payload&& content, actor_id sender = this_actor()) const {
    send(std::move(content), nullptr, sender);
  }
  /// The answer arrives in the completion.
  ref_ptr<completion> ask(payload&& content,
                          actor_id sender = this_actor()) const {
    auto answer = make_ref_counted<completion>();
    send(std::move(content), answer, sender);
    return answer;
  }

  /// Ends the actor after the message at hand; what waits becomes dead letters.
  void stop() const noexcept { cell_->stop(); }
  /// Ends the actor after what has been sent to it before.
  void stop_when_drained() const;
  /// Ends the actor at once, also from within a Python handler.
  void kill() const noexcept { cell_->kill(); }

private:
  static actor_id this_actor() noexcept {
    const actor_cell* cell = actor_cell::current();
    return cell == nullptr ? actor_id::nobody : cell->id();
  }
  void send(payload&& content, ref_ptr<completion> answer,
            actor_id sender) const;

  ref_ptr<actor_cell> cell_;
};

}  // namespace troupe
