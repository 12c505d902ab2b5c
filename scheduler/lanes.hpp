// SPDX-License-Identifier: Apache-2.0
// The lanes of a scheduler, each started when it is first used.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/lane.hpp"

namespace troupe {

class lanes {
public:
  lanes(activity& counts, std::string thread_name);

  /// Any thread. Ends the process when the system has no thread for a lane.
  lane& at(std::size_t index) noexcept;

  /// Waits for the turns in progress. Not for a lane's own thread.
  void stop() noexcept;
  /// After stop(): releases what is queued. False: nothing was.
  bool drop_queued() noexcept;

private:
  std::vector<lane*> started() const;

  // Constant after construction.
  activity& counts_;
  const std::string thread_name_;

  // Guarded by mutex_; a lane stays until the end.
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<lane>> lanes_;
  bool stopped_ = false;
};

}  // namespace troupe
