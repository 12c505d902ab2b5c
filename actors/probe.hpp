// SPDX-License-Identifier: Apache-2.0
// An actor that does nothing but keep what it gets, for a test to look at.
//
// Messages are kept whole: who asked can still be answered, by the test. What
// nobody has answered when the probe ends is a fault at the asker.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/actor_ref.hpp"
#include "actors/cell/behaviour.hpp"
#include "actors/cell/end_notice.hpp"

namespace troupe {

class probe final : public behaviour {
public:
  /// One message, or, with `end`, the end of an actor that is watched.
  struct letter {
    actor_id sender = actor_id::nobody;
    envelope_kind kind = envelope_kind::message;
    symbol selector = symbol::none;
    payload content{};
    ref_ptr<completion> asker{};  // null: it was told
    ref_ptr<ref_counted> end{};   // an end_notice
  };

  // Any thread.

  /// The oldest letter that was not taken.
  std::optional<letter> take();
  std::size_t waiting() const;
  /// Done when there is something to take, or the probe has ended.
  ref_ptr<completion> when_something();
  /// Has `self`, which is this probe's cell, watch `other`.
  void watch(actor_cell& self, const actor_ref& other);

  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_down(actor_cell& self, const end_notice& what) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;

private:
  void add(letter l);

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<letter> letters_;
  std::vector<ref_ptr<completion>> asked_;  // not answered, as far as we know
  std::vector<actor_ref> to_watch_;
  ref_ptr<completion> something_;  // null: nobody waits
  bool ended_ = false;
};

}  // namespace troupe
