// SPDX-License-Identifier: Apache-2.0
// How wait_graph looks for cycles; for its own sources.
#pragma once

#include <compare>
#include <set>
#include <vector>

#include "actors/asking/wait_graph.hpp"
#include "actors/cell/actor_cell.hpp"

namespace troupe {

struct wait_graph::place {
  actor_id actor;
  ticket handler;  // or one of these

  static constexpr ticket next_message = 0;       // what it would take next
  static constexpr ticket anything = ~ticket{0};  // any code of it

  auto operator<=>(const place&) const = default;
};

// A walk along "can't go on before", for a way to `goal`.
struct wait_graph::search {
  search(const place& to, const ref_ptr<actor_cell>& from, cells& all)
      : goal{to}, path{from}, met{all} {}

  // Of an actor that blocks, all is held up.
  bool arrives(const place& here) const noexcept {
    return here == goal ||
           (goal.handler == place::anything && here.actor == goal.actor);
  }

  const place goal;
  cells path;  // from the goal to where it is
  // What can go on; and those on the path. To come upon one of these again is a
  // cycle as well, which the goal waits for.
  std::set<place> free{};
  std::set<place> walking{};
  std::vector<actor_cell*> let_go_of{};  // muted ones on the way, if found
  cells& met;                            // held until the lock is given back
};

}  // namespace troupe
