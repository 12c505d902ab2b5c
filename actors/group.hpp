// SPDX-License-Identifier: Apache-2.0
// The handle to a group of actors: a name under which all of them are told.
//
// A group is there when somebody joins it, and gone when the last member has
// left or ended; handles stay valid. Any thread may call everything here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actors/actor_ref.hpp"
#include "base/result.hpp"

namespace troupe {

class group final : public ref_counted {
public:
  group(actor_system& system, std::string name);

  const std::string& name() const noexcept { return name_; }
  actor_system& system() const noexcept { return system_; }

  /// False: it was a member already. Fails for an actor that has ended or is
  /// of another system.
  result<bool> join(const actor_ref& ref) const;
  /// False: it was no member.
  bool leave(const actor_ref& ref) const;
  std::vector<actor_ref> members() const;

  /// Tells each member; answers how many there were. Without members the
  /// message is one dead letter.
  std::size_t tell(envelope_ptr e) const;

private:
  actor_system& system_;
  const ref_ptr<ref_counted> owner_;  // keeps system_ alive, if it can
  const std::string name_;
};

}  // namespace troupe
