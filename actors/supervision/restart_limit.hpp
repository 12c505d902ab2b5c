// SPDX-License-Identifier: Apache-2.0
// How often something is restarted before that is no use: its intensity.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace troupe {

class restart_limit {
public:
  using time = std::chrono::nanoseconds;

  /// At most `most` within any period of that length; none: no limit.
  restart_limit(std::optional<unsigned> most, time within) noexcept
      : most_{most}, within_{within} {}

  /// One more, now. False: that is one too many.
  bool allows_one_more(time now);
  /// How many there were within the last period, as of the last call.
  std::size_t count() const noexcept { return restarts_.size(); }
  void clear() noexcept { restarts_.clear(); }

private:
  const std::optional<unsigned> most_;
  const time within_;
  std::deque<time> restarts_;  // within the period, oldest first
};

}  // namespace troupe
