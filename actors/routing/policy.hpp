// SPDX-License-Identifier: Apache-2.0
// Which routee of a router a message goes to.
//
// A policy belongs to one router, which calls it under its own lock: nothing
// here needs to be thread-safe, and nothing may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "actors/actor_ref.hpp"
#include "base/result.hpp"

namespace troupe {

class routing_policy {
public:
  virtual ~routing_policy() = default;

  /// The index of a routee, of which there is at least one; none: the message
  /// has no key to go by.
  virtual std::optional<std::size_t> pick(std::span<const actor_ref> routees,
                                          const envelope& e) = 0;
  /// The routees are others than at the last call.
  virtual void changed(std::span<const actor_ref> routees) {
    static_cast<void>(routees);
  }
  /// Whether another routee will do when the one picked has a full mailbox.
  virtual bool any_will_do() const noexcept { return true; }
  /// Each message goes to all routees; pick() isn't asked. Of the answers to
  /// a request the first counts.
  virtual bool to_all() const noexcept { return false; }
};

/// The key of a message, hashed; none: it has none. Called by one thread at a
/// time.
using key_function =
    std::function<std::optional<std::uint64_t>(const envelope&)>;

/// How many keys make_sticky() remembers, some 100 bytes each.
inline constexpr std::size_t default_max_keys = 100'000;

/// Takes turns.
std::unique_ptr<routing_policy> make_round_robin();
/// The same seed gives the same choices.
std::unique_ptr<routing_policy> make_random(std::uint64_t seed);
/// The routee with the fewest messages; of several such they take turns.
std::unique_ptr<routing_policy> make_least_loaded();
/// Every routee.
std::unique_ptr<routing_policy> make_broadcast();
/// The same routee for the same key, by a ring of hashes: when one of n routees
/// comes or goes, about one key in n moves. A routee's place on the ring comes
/// from its name, so a successor of the same name takes over its keys.
std::unique_ptr<routing_policy> make_consistent_hash(key_function key);
/// The same routee for the same key for as long as that routee is there,
/// whoever else comes. A new key goes to the routee with the fewest keys. It
/// remembers so many keys (at least one), and forgets the one that came least
/// recently first.
std::unique_ptr<routing_policy> make_sticky(
    key_function key, std::size_t max_keys = default_max_keys);

/// What `name` stands for: "round_robin", "random", "least_loaded",
/// "broadcast", "scatter_gather_first", "consistent_hash" or "sticky". Fails
/// when there is no such policy. The rest is for those that use it.
result<std::unique_ptr<routing_policy>> make_policy(
    std::string_view name, key_function key, std::uint64_t seed,
    std::size_t max_keys = default_max_keys);

/// Names of policies, for error texts.
inline constexpr const char* policy_names =
    "round_robin, random, least_loaded, broadcast, scatter_gather_first, "
    "consistent_hash, sticky";

}  // namespace troupe
