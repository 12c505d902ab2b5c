// SPDX-License-Identifier: Apache-2.0
// The scheduler with real threads and real time.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include "scheduler/scheduler.hpp"

namespace troupe {

struct thread_scheduler_options {
  std::size_t workers = 0;  // 0: one for each core
  // So many more threads at most, for long or blocked turns.
  std::size_t spare_limit = 128;
  // A turn that lasts longer has what waits behind it taken away.
  clock_duration monitor_period = std::chrono::milliseconds{10};
  std::string thread_name = "troupe";
};

class thread_scheduler final : public scheduler {
public:
  using options = thread_scheduler_options;

  /// Starts the threads; throws std::system_error when there are none.
  explicit thread_scheduler(const options& chosen = {});
  ~thread_scheduler() override;  // as stop()

  /// Waits for the turns in progress, then ends all threads. What is queued is
  /// released without a turn; pending timers are dropped. Not for the
  /// scheduler's own threads, nor for two threads at once.
  void stop() noexcept override;

  /// Calls `handle(number)` on a scheduler thread, outside of any signal
  /// handler, each time the process gets one of these signals, until stop().
  /// Throws boost::system::system_error for one that can't be caught.
  void on_signal(std::initializer_list<int> numbers,
                 std::function<void(int)> handle);

  void schedule(runnable& r) noexcept override;
  void schedule_dedicated(runnable& r, std::size_t lane) noexcept override;
  std::size_t acquire_lane() override;
  void release_lane(std::size_t lane) noexcept override;
  std::size_t shared_lane() override;
  std::unique_ptr<descriptor_watch> watch(int descriptor,
                                          std::function<void()> ready) override;
  timer_id after(clock_duration delay, std::function<void()> fire) override;
  bool cancel(timer_id id) noexcept override;
  clock_duration now() const noexcept override;
  bool enter_blocking() noexcept override;
  void leave_blocking() noexcept override;
  bool quiet() const noexcept override;
  void set_on_quiet(std::function<void()> on_quiet) override;
  scheduler_stats stats() const override;
  std::vector<turn_report> turns() const override;

private:
  struct parts;
  const std::unique_ptr<parts> parts_;
};

}  // namespace troupe
