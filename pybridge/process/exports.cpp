// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/exports.hpp"

#include <utility>

namespace troupe {

exports::address exports::of(actor_cell& cell) {
  const std::lock_guard lock{mutex_};
  if (const auto known = addresses_.find(cell.id());
      known != addresses_.end()) {
    return known->second;
  }
  const std::uint64_t number = ++last_;
  ours_.emplace(number, &cell);
  addresses_.emplace(cell.id(), address{number, false, false});
  return {number, false, true};
}

ref_ptr<actor_cell> exports::find(std::uint64_t number) const {
  const std::lock_guard lock{mutex_};
  const auto found = ours_.find(number);
  return found == ours_.end() ? nullptr : found->second;
}

void exports::add_theirs(std::uint64_t number, const actor_cell& cell) {
  const std::lock_guard lock{mutex_};
  addresses_.insert_or_assign(cell.id(), address{number, true, false});
}

void exports::add_spawned(std::uint64_t number, actor_cell& cell) {
  const std::lock_guard lock{mutex_};
  ours_.insert_or_assign(number, ref_ptr<actor_cell>{&cell});
  addresses_.insert_or_assign(cell.id(), address{number, true, false});
}

std::vector<ref_ptr<actor_cell>> exports::clear() noexcept {
  std::vector<ref_ptr<actor_cell>> all;
  const std::lock_guard lock{mutex_};
  all.reserve(ours_.size());
  for (auto& [number, cell] : ours_) {
    all.push_back(std::move(cell));
  }
  ours_.clear();
  addresses_.clear();
  return all;
}

}  // namespace troupe
