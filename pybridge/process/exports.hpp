// SPDX-License-Identifier: Apache-2.0
// Which actors the two sides of a link know, by number; see peer.hpp.
//
// Any thread. Entries stay until the link ends: a number never means two
// actors.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/actor_ref.hpp"

namespace troupe {

class exports {
public:
  /// Numbers from here on are of actors that a parent has spawned in the child.
  static constexpr std::uint64_t first_spawned = std::uint64_t{1} << 63;

  struct address {
    std::uint64_t number;
    bool theirs;  // a number of the other side's exports
    bool fresh;   // the other side hasn't heard of it
  };

  /// How the other side is told of this actor.
  address of(actor_cell& cell);
  /// Null: this side has told of no such actor.
  ref_ptr<actor_cell> find(std::uint64_t number) const;
  /// This cell stands for the actor `number` of the other side.
  void add_theirs(std::uint64_t number, const actor_cell& cell);
  /// An actor of the parent's and of the child's.
  void add_spawned(std::uint64_t number, actor_cell& cell);
  std::uint64_t next_spawned() noexcept { return first_spawned + ++spawned_; }

  /// Those who were told of; both tables are empty then.
  std::vector<ref_ptr<actor_cell>> clear() noexcept;

private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<std::uint64_t, ref_ptr<actor_cell>> ours_;
  std::unordered_map<actor_id, address> addresses_;
  std::uint64_t last_ = 0;
  std::atomic<std::uint64_t> spawned_{0};
};

}  // namespace troupe
