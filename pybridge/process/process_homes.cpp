// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/process_homes.hpp"

#include <algorithm>
#include <utility>

#include "actors/asking/waiting.hpp"

namespace troupe {

result<ref_ptr<child_process>> process_homes::find(const std::string& name) {
  if (name.empty()) {
    return start();
  }
  const std::lock_guard one_at_a_time{starting_};
  {
    const std::lock_guard lock{mutex_};
    const auto known = named_.find(name);
    if (known != named_.end() && !known->second->is_ending()) {
      return known->second;
    }
  }
  auto started = start();
  if (started) {
    const std::lock_guard lock{mutex_};
    named_.insert_or_assign(name, *started);
  }
  return started;
}

result<ref_ptr<child_process>> process_homes::start() {
  auto what = launch_();
  if (!what) {
    return what.error();
  }
  auto started = child_process::start(system_, *what);
  if (started) {
    const std::lock_guard lock{mutex_};
    std::erase_if(all_,
                  [](const auto& each) { return each->when_gone().done(); });
    all_.push_back(*started);
  }
  return started;
}

void process_homes::wait_until_gone(clock_duration patience) {
  std::vector<ref_ptr<child_process>> left;
  {
    const std::lock_guard lock{mutex_};
    left.swap(all_);
    named_.clear();
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& each : left) {
    const auto rest = until - std::chrono::steady_clock::now();
    if (each->when_gone().wait(std::max<clock_duration>(rest, {})) !=
        wait_result::done) {
      each->kill();
      each->when_gone().wait(std::chrono::seconds{2});
    }
  }
}

}  // namespace troupe
