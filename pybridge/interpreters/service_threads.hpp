// SPDX-License-Identifier: Apache-2.0
// Threads for jobs that run outside the scheduler and may get stuck.
//
// At most `limit` jobs run at a time, but one that has run for longer than
// `patience` no longer counts: others take its place, and shutdown() doesn't
// wait for it. No thread is started before the first job, and idle threads
// sleep without a timeout.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace troupe {

class service_threads {
public:
  using duration = std::chrono::steady_clock::duration;
  using job = std::function<void()>;

  service_threads(std::size_t limit, duration patience);
  ~service_threads();  // shuts down
  service_threads(const service_threads&) = delete;
  service_threads& operator=(const service_threads&) = delete;

  /// Any thread; doesn't block. False after shutdown(): `work` is dropped.
  bool post(job work);

  /// Blocks until all jobs are done, save those that run out of patience.
  /// Answers how many are stuck; they may still end later.
  std::size_t shutdown();

  /// How many jobs have run for longer than `patience` and still run.
  std::size_t stuck() const;

private:
  class shared;  // outlives this object while a thread is stuck
  const std::shared_ptr<shared> shared_;
};

}  // namespace troupe
