// SPDX-License-Identifier: Apache-2.0
// The names and the groups of one system's actors. An actor has the name it
// was spawned under, and any number of further ones; all are freed, and its
// groups left, when it ends.
//
// Everything here may be called on any thread and never blocks for long.
// admit() is called inside actor_system's lock, so it doesn't call back.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/actor_ref.hpp"
#include "base/result.hpp"

namespace troupe {

class registry {
public:
  // --- for actor_system ---

  /// A new actor, under its own name. False: the name is taken. One that isn't
  /// `listed` has its name for people only, who may not find it by that.
  bool admit(const actor_ref& ref, bool listed = true);
  /// Tells those who wait for this name, which is there now.
  void announce(const std::string& name);
  /// It has ended: frees its names, leaves its groups.
  void release(actor_id id) noexcept;
  /// The system closes: nobody waits for a name any more.
  void close();

  // --- names ---

  /// One more name for the actor. Fails when the name is empty or taken by
  /// another, or the actor has ended; again for the same actor is fine.
  result<void> add(const std::string& name, const actor_ref& ref);
  /// Frees a name that add() gave. Fails when there is none, or when it is
  /// the actor's own, which it keeps until it ends.
  result<void> remove(const std::string& name);
  std::optional<actor_ref> lookup(const std::string& name) const;
  /// Done when an actor has that name, now or later: a value without bytes
  /// whose attachment is the cell. A fault when the system closes. Those who
  /// wait for one name share one completion: don't complete it.
  ref_ptr<completion> when_named(const std::string& name);
  /// All names, in no order.
  std::vector<std::string> names() const;

  // --- groups: an actor is once in a group, or not ---

  /// False: it was in already. Fails when the actor has ended.
  result<bool> join(const std::string& group, const actor_ref& ref);
  /// False: it was not in.
  bool leave(const std::string& group, actor_id id);
  /// In the order of their start.
  std::vector<actor_ref> members(const std::string& group) const;
  /// The groups that have members, in alphabetical order.
  std::vector<std::string> groups() const;

  // --- what an actor is besides ---

  /// Keeps `facet` (a router, say) with a living actor, until it ends.
  void set_facet(actor_id id, ref_ptr<ref_counted> facet);
  ref_ptr<ref_counted> facet(actor_id id) const;

private:
  struct living {
    std::vector<std::string> names;  // its own first
    std::vector<std::string> groups;
    ref_ptr<ref_counted> facet;
  };
  using member_map = std::map<actor_id, actor_ref>;

  void leave_locked(const std::string& group, actor_id id) noexcept;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<actor_id, living> living_;
  std::unordered_map<std::string, actor_ref> names_;
  std::unordered_map<std::string, ref_ptr<completion>> awaited_;
  std::map<std::string, member_map> groups_;  // none is empty
  bool closed_ = false;
};

}  // namespace troupe
