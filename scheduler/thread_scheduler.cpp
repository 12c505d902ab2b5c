// SPDX-License-Identifier: Apache-2.0
#include "scheduler/thread_scheduler.hpp"

#include <algorithm>
#include <thread>

#include <boost/asio/post.hpp>

#include "base/assert.hpp"
#include "scheduler/descriptors.hpp"
#include "scheduler/lanes.hpp"
#include "scheduler/monitor.hpp"
#include "scheduler/placement.hpp"
#include "scheduler/service.hpp"
#include "scheduler/signals.hpp"
#include "scheduler/timers.hpp"
#include "scheduler/worker_group.hpp"

namespace troupe {
namespace {

constexpr std::size_t max_shared_lanes = 32;

std::size_t worker_count(const thread_scheduler::options& chosen) {
  const std::size_t cores = std::thread::hardware_concurrency();
  const std::size_t count = chosen.workers != 0 ? chosen.workers : cores;
  // Each thread needs a slot, and other threads need some too.
  return std::clamp<std::size_t>(count, 1, max_thread_slots / 2);
}

std::size_t spare_count(const thread_scheduler::options& chosen) {
  return std::min(chosen.spare_limit, max_thread_slots / 4);
}

}  // namespace

struct thread_scheduler::parts {
  explicit parts(const options& chosen)
      : counts{worker_count(chosen) + spare_count(chosen)},
        group{{worker_count(chosen), spare_count(chosen),
               chosen.thread_name + "-", [this] { watchdog.watch(); }},
              counts},
        dedicated{counts,
                  {.thread_name = chosen.thread_name + "-lane-",
                   .shared = std::min(worker_count(chosen), max_shared_lanes),
                   .elsewhere =
                       [this](std::function<void()> f) {
                         boost::asio::post(helper.context(), std::move(f));
                       }}},
        watchdog{helper.context(), group, chosen.monitor_period},
        where{group, counts} {}

  activity counts;
  service helper;
  worker_group group;
  lanes dedicated;
  monitor watchdog;
  placement where;
  timers clock{helper.context()};
  descriptors watched{helper.context()};
  signals os_signals{helper.context()};
};

thread_scheduler::thread_scheduler(const options& chosen)
    : parts_{std::make_unique<parts>(chosen)} {
  try {
    parts_->helper.start(chosen.thread_name + "-service");
    parts_->group.start();
  } catch (...) {
    stop();  // those that have started
    throw;
  }
}

thread_scheduler::~thread_scheduler() {
  stop();
}

void thread_scheduler::stop() noexcept {
  // The service comes last: a turn in progress may wait for a timer.
  parts_->group.stop();
  parts_->dedicated.stop();
  parts_->helper.stop();
  parts_->dedicated.join_released();
  // What is dropped may schedule others: go on until nothing is left.
  do {
    parts_->clock.drop_all();
  } while (parts_->group.drop_queued() || parts_->dedicated.drop_queued());
}

void thread_scheduler::on_signal(std::initializer_list<int> numbers,
                                 std::function<void(int)> handle) {
  parts_->os_signals.on(numbers, std::move(handle));
}

void thread_scheduler::schedule(runnable& r) noexcept {
  r.retain();
  parts_->where.place(r);
}

void thread_scheduler::schedule_dedicated(runnable& r,
                                          std::size_t lane) noexcept {
  r.retain();
  if (!parts_->dedicated.push(r, lane)) {
    parts_->where.place(r);
  }
}

std::size_t thread_scheduler::acquire_lane() {
  return parts_->dedicated.acquire();
}

void thread_scheduler::release_lane(std::size_t lane) noexcept {
  parts_->dedicated.release(lane);
}

std::size_t thread_scheduler::shared_lane() {
  return parts_->dedicated.shared();
}

std::unique_ptr<descriptor_watch> thread_scheduler::watch(
    int descriptor, std::function<void()> ready) {
  return parts_->watched.watch(descriptor, std::move(ready));
}

timer_id thread_scheduler::after(clock_duration delay,
                                 std::function<void()> fire) {
  return parts_->clock.after(delay, std::move(fire));
}

bool thread_scheduler::cancel(timer_id id) noexcept {
  return parts_->clock.cancel(id);
}

clock_duration thread_scheduler::now() const noexcept {
  return timers::now();
}

bool thread_scheduler::enter_blocking() noexcept {
  worker* const w = worker::current();
  return w == nullptr || &w->group() != &parts_->group || !w->in_turn() ||
         parts_->group.begin_blocking(*w);
}

void thread_scheduler::leave_blocking() noexcept {
  worker* const w = worker::current();
  if (w != nullptr && &w->group() == &parts_->group && w->in_turn()) {
    parts_->group.end_blocking(*w);
  }
}

bool thread_scheduler::quiet() const noexcept {
  return parts_->counts.quiet();
}

void thread_scheduler::set_on_quiet(std::function<void()> on_quiet) {
  parts_->counts.set_on_quiet(std::move(on_quiet));
}

std::vector<turn_report> thread_scheduler::turns() const {
  std::vector<turn_report> all;
  parts_->group.add_to(all);
  parts_->dedicated.add_to(all);
  return all;
}

scheduler_stats thread_scheduler::stats() const {
  const activity& counts = parts_->counts;
  scheduler_stats stats;
  stats.turns = counts.turns();
  stats.steals = counts.steals();
  stats.parks = counts.sleeps();
  parts_->group.add_to(stats);
  return stats;
}

}  // namespace troupe
