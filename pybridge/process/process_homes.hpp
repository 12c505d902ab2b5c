// SPDX-License-Identifier: Apache-2.0
// The child processes of one system, some by name.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pybridge/process/child_process.hpp"

namespace troupe {

class process_homes {
public:
  /// How to start one: called for each, on the turn of an actor.
  using launching = std::function<result<process_launch>()>;

  process_homes(actor_system& system, launching launch)
      : system_{system}, launch_{std::move(launch)} {}

  // Any thread.
  /// The process of this name, which is started if there is none; without a
  /// name a new one. Takes some milliseconds then.
  result<ref_ptr<child_process>> find(const std::string& name);
  /// When their actors have ended: waits until the processes have, too; those
  /// that don't in time are killed. Not for the scheduler's threads.
  void wait_until_gone(clock_duration patience);

private:
  result<ref_ptr<child_process>> start();

  actor_system& system_;
  const launching launch_;

  std::mutex starting_;  // held while one with a name is: there is only one
  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<std::string, ref_ptr<child_process>> named_;
  std::vector<ref_ptr<child_process>> all_;  // those that are not gone
};

}  // namespace troupe
