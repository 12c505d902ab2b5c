// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/reaper.hpp"

#include <utility>

namespace troupe {

reaper::reaper(std::chrono::milliseconds deadline, std::size_t threads)
    : threads_{threads, deadline} {}

void reaper::end(ref_ptr<interpreter> home) {
  threads_.post([home = std::move(home), counters = counters_] {
    const bool ended = home->end() == end_result::ended;
    // Relaxed: counters only.
    (ended ? counters->ended : counters->left)
        .fetch_add(1, std::memory_order_relaxed);
  });
}

reaper_stats reaper::stats() const {
  return {counters_->ended.load(std::memory_order_relaxed),
          counters_->left.load(std::memory_order_relaxed) + threads_.stuck()};
}

}  // namespace troupe
