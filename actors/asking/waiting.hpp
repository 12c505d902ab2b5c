// SPDX-License-Identifier: Apache-2.0
// Waiting for a completion in a system whose scheduler may be one that runs
// only when told: then the wait is what runs it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/asking/completion.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

struct wait_terms {
  std::optional<clock_duration> timeout{};
  std::function<std::string()> words{};  // see driven_wait
  std::function<bool()> also{};          // ends it too, as `interrupted`
};

/// As completion::wait(). `stuck` and `endless` only from a scheduler that runs
/// when told, and there not in a turn; never `not_driven`.
drive_result wait_for(scheduler& s, completion& c, const wait_terms& terms);

}  // namespace troupe
