// SPDX-License-Identifier: Apache-2.0
// What the actors in child processes do, as text for people.
#pragma once

#include <string>
#include <vector>

#include "actors/cell/behaviour.hpp"
#include "base/ref_counted.hpp"

namespace troupe {

/// The trees of the processes in which some of `actors` are: all are asked at
/// the same time, and those that don't answer soon are told as that. Empty if
/// there are none. Detached; any thread but the scheduler's.
std::string describe_processes(const std::vector<ref_ptr<behaviour>>& actors);

}  // namespace troupe
