// SPDX-License-Identifier: Apache-2.0
#include "actors/group.hpp"

#include "actors/actor_system.hpp"
#include "actors/fan_out.hpp"

namespace troupe {

group::group(actor_system& system, std::string name)
    : system_{system}, owner_{system.owner()}, name_{std::move(name)} {}

result<bool> group::join(const actor_ref& ref) const {
  if (&ref.cell().system() != &system_) {
    return make_error(errc::invalid_argument,
                      "actor '" + ref.name() + "' is of another system than " +
                          "group '" + name_ + "'");
  }
  return system_.names().join(name_, ref);
}

bool group::leave(const actor_ref& ref) const {
  return system_.names().leave(name_, ref.id());
}

std::vector<actor_ref> group::members() const {
  return system_.names().members(name_);
}

std::size_t group::tell(envelope_ptr e) const {
  const std::vector<actor_ref> receivers = members();
  if (receivers.empty()) {
    system_.dead().add(std::move(e), actor_id::nobody, "group '" + name_ + "'",
                       dead_reason::no_receiver);
  } else {
    tell_all(receivers, std::move(e));
  }
  return receivers.size();
}

}  // namespace troupe
