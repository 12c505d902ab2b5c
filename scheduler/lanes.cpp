// SPDX-License-Identifier: Apache-2.0
#include "scheduler/lanes.hpp"

#include <utility>

namespace troupe {

lanes::lanes(activity& counts, std::string thread_name)
    : counts_{counts}, thread_name_{std::move(thread_name)} {}

lane& lanes::at(std::size_t index) noexcept {
  const std::lock_guard lock{mutex_};
  if (index >= lanes_.size()) {
    lanes_.resize(index + 1);
  }
  std::unique_ptr<lane>& found = lanes_[index];
  if (!found) {
    found =
        std::make_unique<lane>(counts_, thread_name_ + std::to_string(index));
    if (stopped_) {
      found->stop();
    }
  }
  return *found;
}

void lanes::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  for (lane* const l : started()) {
    l->stop();  // without the lock: the turn in progress may need it
  }
}

bool lanes::drop_queued() noexcept {
  bool any = false;
  for (lane* const l : started()) {
    any = l->drop_queued() || any;
  }
  return any;
}

std::vector<lane*> lanes::started() const {
  std::vector<lane*> all;
  const std::lock_guard lock{mutex_};
  for (const auto& l : lanes_) {
    if (l) {
      all.push_back(l.get());
    }
  }
  return all;
}

}  // namespace troupe
