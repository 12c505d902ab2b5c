// SPDX-License-Identifier: Apache-2.0
#include "actors/cell/bonds.hpp"

#include <algorithm>
#include <utility>

#include "actors/cell/actor_cell.hpp"

namespace troupe {
namespace {

bool contains(const bonds::cells& all, const actor_cell& one) noexcept {
  return std::ranges::any_of(
      all, [&one](const auto& cell) { return cell.get() == &one; });
}

bool remove(bonds::cells& all, const actor_cell& one,
            ref_ptr<actor_cell>& removed) noexcept {
  const auto found = std::ranges::find_if(
      all, [&one](const auto& cell) { return cell.get() == &one; });
  if (found == all.end()) {
    return false;
  }
  removed = std::move(*found);
  all.erase(found);
  return true;
}

}  // namespace

std::optional<bonds::end> bonds::add_watcher(actor_cell& watcher) {
  const std::lock_guard lock{mutex_};
  if (!end_ && !contains(watchers_, watcher)) {
    watchers_.emplace_back(&watcher);
  }
  return end_;
}

void bonds::remove_watcher(const actor_cell& watcher) noexcept {
  ref_ptr<actor_cell> removed;  // released after the lock
  const std::lock_guard lock{mutex_};
  remove(watchers_, watcher, removed);
}

std::optional<bonds::end> bonds::add_link(actor_cell& other) {
  const std::lock_guard lock{mutex_};
  if (!end_ && !contains(links_, other)) {
    links_.emplace_back(&other);
  }
  return end_;
}

bool bonds::remove_link(const actor_cell& other) noexcept {
  ref_ptr<actor_cell> removed;  // released after the lock
  const std::lock_guard lock{mutex_};
  return remove(links_, other, removed);
}

bonds::cells bonds::take_links() noexcept {
  const std::lock_guard lock{mutex_};
  return std::exchange(links_, {});
}

bonds::all bonds::close(end how) noexcept {
  const std::lock_guard lock{mutex_};
  end_ = std::move(how);
  return {std::exchange(watchers_, {}), std::exchange(links_, {})};
}

}  // namespace troupe
