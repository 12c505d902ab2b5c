// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/restart_limit.hpp"

namespace troupe {

bool restart_limit::allows_one_more(time now) {
  if (!most_) {
    return true;
  }
  while (!restarts_.empty() && restarts_.front() + within_ < now) {
    restarts_.pop_front();
  }
  restarts_.push_back(now);
  return restarts_.size() <= *most_;
}

}  // namespace troupe
