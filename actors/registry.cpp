// SPDX-License-Identifier: Apache-2.0
#include "actors/registry.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

payload value_of(const actor_ref& ref) {
  payload p;
  p.attach(ref_ptr<ref_counted>{&ref.cell()});
  return p;
}

fault closing(const std::string& name) {
  return {make_error(errc::stopped, "no actor gets the name '" + name +
                                        "' any more: the system is shutting "
                                        "down"),
          {}};
}

error ended(const actor_ref& ref) {
  return make_error(errc::stopped, "actor '" + ref.name() + "' has ended");
}

}  // namespace

bool registry::admit(const actor_ref& ref, bool listed) {
  const std::lock_guard lock{mutex_};
  if (!listed) {
    living_[ref.id()];
    return true;
  }
  if (!names_.try_emplace(ref.name(), ref).second) {
    return false;
  }
  living_[ref.id()].names.push_back(ref.name());
  return true;
}

void registry::announce(const std::string& name) {
  ref_ptr<completion> awaited;
  actor_ref ref;
  {
    const std::lock_guard lock{mutex_};
    const auto waits = awaited_.find(name);
    const auto named = names_.find(name);
    if (waits == awaited_.end() || named == names_.end()) {
      return;
    }
    awaited = std::move(waits->second);
    awaited_.erase(waits);
    ref = named->second;
  }
  awaited->set_value(value_of(ref));
}

void registry::release(actor_id id) noexcept {
  std::vector<actor_ref> last;  // released after the lock
  ref_ptr<ref_counted> facet;
  const std::lock_guard lock{mutex_};
  const auto found = living_.find(id);
  if (found == living_.end()) {
    return;
  }
  for (const std::string& name : found->second.names) {
    const auto named = names_.find(name);
    last.push_back(std::move(named->second));
    names_.erase(named);
  }
  for (const std::string& group : found->second.groups) {
    leave_locked(group, id);
  }
  facet = std::move(found->second.facet);
  living_.erase(found);
}

void registry::close() {
  std::unordered_map<std::string, ref_ptr<completion>> left;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    left = std::exchange(awaited_, {});
  }
  for (const auto& [name, awaited] : left) {
    awaited->set_fault(closing(name));
  }
}

// --- Names ---

result<void> registry::add(const std::string& name, const actor_ref& ref) {
  if (name.empty()) {
    return make_error(errc::invalid_argument, "a name can't be empty");
  }
  {
    const std::lock_guard lock{mutex_};
    const auto alive = living_.find(ref.id());
    if (alive == living_.end()) {
      return ended(ref);
    }
    const auto [named, fresh] = names_.try_emplace(name, ref);
    if (!fresh && named->second != ref) {
      return make_error(errc::already_exists, "the name '" + name +
                                                  "' is taken by actor '" +
                                                  named->second.name() + "'");
    }
    if (fresh) {
      alive->second.names.push_back(name);
    }
  }
  announce(name);
  return {};
}

result<void> registry::remove(const std::string& name) {
  actor_ref last;  // released after the lock
  const std::lock_guard lock{mutex_};
  const auto named = names_.find(name);
  if (named == names_.end()) {
    return make_error(errc::not_found, "no actor has the name '" + name + "'");
  }
  if (named->second.name() == name) {
    return make_error(errc::invalid_argument,
                      "'" + name +
                          "' is the actor's own name, which it keeps until it "
                          "ends");
  }
  last = std::move(named->second);
  names_.erase(named);
  std::erase(living_[last.id()].names, name);
  return {};
}

std::optional<actor_ref> registry::lookup(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional{found->second};
}

ref_ptr<completion> registry::when_named(const std::string& name) {
  auto answer = make_ref_counted<completion>();
  const std::lock_guard lock{mutex_};
  if (const auto found = names_.find(name); found != names_.end()) {
    answer->set_value(value_of(found->second));
    return answer;
  }
  if (closed_) {
    answer->set_fault(closing(name));
    return answer;
  }
  return awaited_.try_emplace(name, std::move(answer)).first->second;
}

std::vector<std::string> registry::names() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> all;
  all.reserve(names_.size());
  for (const auto& [name, ref] : names_) {
    all.push_back(name);
  }
  return all;
}

// --- Groups ---

result<bool> registry::join(const std::string& group, const actor_ref& ref) {
  const std::lock_guard lock{mutex_};
  const auto alive = living_.find(ref.id());
  if (alive == living_.end()) {
    return ended(ref);
  }
  const bool fresh = groups_[group].try_emplace(ref.id(), ref).second;
  if (fresh) {
    alive->second.groups.push_back(group);
  }
  return fresh;
}

bool registry::leave(const std::string& group, actor_id id) {
  const std::lock_guard lock{mutex_};
  const auto alive = living_.find(id);
  if (alive == living_.end() || std::erase(alive->second.groups, group) == 0) {
    return false;
  }
  leave_locked(group, id);
  return true;
}

// Whoever ends or leaves is kept alive by the caller.
void registry::leave_locked(const std::string& group, actor_id id) noexcept {
  const auto found = groups_.find(group);
  found->second.erase(id);
  if (found->second.empty()) {
    groups_.erase(found);
  }
}

std::vector<actor_ref> registry::members(const std::string& group) const {
  const std::lock_guard lock{mutex_};
  std::vector<actor_ref> all;
  if (const auto found = groups_.find(group); found != groups_.end()) {
    all.reserve(found->second.size());
    for (const auto& [id, ref] : found->second) {
      all.push_back(ref);
    }
  }
  return all;
}

std::vector<std::string> registry::groups() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> all;
  for (const auto& [name, members] : groups_) {
    all.push_back(name);
  }
  return all;
}

// --- Facets ---

void registry::set_facet(actor_id id, ref_ptr<ref_counted> facet) {
  const std::lock_guard lock{mutex_};
  if (const auto found = living_.find(id); found != living_.end()) {
    found->second.facet.swap(facet);
  }
}

ref_ptr<ref_counted> registry::facet(actor_id id) const {
  const std::lock_guard lock{mutex_};
  const auto found = living_.find(id);
  return found == living_.end() ? nullptr : found->second.facet;
}

}  // namespace troupe
