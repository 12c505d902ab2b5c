// SPDX-License-Identifier: Apache-2.0
// The lanes of a scheduler: those that are named start when they are first
// used and stay, those that are acquired go when they are released.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/lane.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

struct lanes_options {
  std::string thread_name;
  std::size_t shared = 1;           // how many are dealt out by shared()
  std::size_t acquired_limit = 96;  // a thread each
  // Calls a function on a thread that no lane has, soon.
  std::function<void(std::function<void()>)> elsewhere;
};

class lanes {
public:
  lanes(activity& counts, lanes_options options);

  /// Any thread. Takes over a reference to `r`. False, and it is still the
  /// caller's: the lane was acquired and released. Ends the process when the
  /// system has no thread for a named one.
  [[nodiscard]] bool push(runnable& r, std::size_t index) noexcept;

  /// Any thread; see scheduler.
  std::size_t acquire();
  void release(std::size_t index) noexcept;
  std::size_t shared();

  void add_to(std::vector<turn_report>& turns) const;

  /// Waits for the turns in progress. Not for a lane's own thread.
  void stop() noexcept;
  /// After stop(), when nothing is called elsewhere any more.
  void join_released() noexcept;
  /// After stop(): releases what is queued. False: nothing was.
  bool drop_queued() noexcept;

private:
  lane* find_or_start_locked(std::size_t index);
  lane& start_locked(std::size_t index);
  std::size_t start_new_locked();
  void join_released(const lane& which) noexcept;
  std::vector<lane*> started() const;

  // Constant after construction.
  activity& counts_;
  const lanes_options options_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::size_t, std::unique_ptr<lane>> lanes_;
  std::vector<std::unique_ptr<lane>> released_;  // until they are joined
  std::vector<std::size_t> shared_;
  std::size_t next_shared_ = 0;
  bool stopped_ = false;
};

}  // namespace troupe
