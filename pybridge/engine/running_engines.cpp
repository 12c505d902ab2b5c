// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/running_engines.hpp"

#include <utility>

namespace troupe {

running_engines& running_engines::of_process() noexcept {
  // Never destroyed: a system that can't be ended outlives the program.
  static running_engines& engines = *new running_engines;
  return engines;
}

void running_engines::add(ref_ptr<engine> e) {
  const std::lock_guard lock{mutex_};
  engines_.push_back(std::move(e));
}

void running_engines::remove(const engine& e) noexcept {
  const std::lock_guard lock{mutex_};
  std::erase_if(engines_, [&](const auto& each) { return each.get() == &e; });
}

std::vector<ref_ptr<engine>> running_engines::all() const {
  const std::lock_guard lock{mutex_};
  return engines_;
}

}  // namespace troupe
