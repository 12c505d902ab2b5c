// SPDX-License-Identifier: Apache-2.0
// Who is to be told when an actor ends: those that watch it, and those that it
// is linked to.
//
// Any thread. Each actor's bonds have a lock of their own, and no two of them
// are held at once.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/actor_id.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

class actor_cell;

class bonds {
public:
  using cells = std::vector<ref_ptr<actor_cell>>;

  struct all {
    cells watchers;
    cells links;
  };

  /// How the actor has ended, if it has.
  struct end {
    stop_reason reason;
    std::string words;  // what it failed of
  };

  /// Nothing: the bond is made. Else the actor has ended already.
  std::optional<end> add_watcher(actor_cell& watcher);
  void remove_watcher(const actor_cell& watcher) noexcept;
  std::optional<end> add_link(actor_cell& other);
  /// False: they were not linked.
  bool remove_link(const actor_cell& other) noexcept;

  /// An incarnation has ended: the links, which are gone from now on.
  cells take_links() noexcept;
  /// The actor has ended: all that are left; from now on none can be added.
  all close(end how) noexcept;

private:
  std::mutex mutex_;
  // Guarded by mutex_.
  cells watchers_;
  cells links_;
  std::optional<end> end_;
};

}  // namespace troupe
