// SPDX-License-Identifier: Apache-2.0
// What only some actors have, made when it is first needed. The actor's turn
// only; for actor_cell's own sources.
#pragma once

#include <deque>
#include <unordered_map>

#include "actors/cell/actor_cell.hpp"
#include "actors/cell/cell_timers.hpp"

namespace troupe {

struct actor_cell::extras {
  explicit extras(actor_cell& owner) : timers{owner} {}

  cell_timers timers;
  // Who is watched: for each, one on_down() is to come.
  std::unordered_map<actor_id, ref_ptr<actor_cell>> watched{};
  bool traps_exit = false;

  clock_duration receive_timeout{};  // zero: none
  clock_duration quiet_since{};
  timer_id quiet_timer = timer_id::none;

  std::deque<envelope_ptr> stashed{};  // oldest first
};

/// How a mailbox must behave for the policy.
constexpr mailbox_limit limit_of(overflow_policy policy) noexcept {
  return policy == overflow_policy::mute          ? mailbox_limit::soft
         : policy == overflow_policy::drop_oldest ? mailbox_limit::displacing
                                                  : mailbox_limit::hard;
}

}  // namespace troupe
