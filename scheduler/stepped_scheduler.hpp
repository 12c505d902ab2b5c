// SPDX-License-Identifier: Apache-2.0
// The scheduler on which users test their actors: one turn at a time, virtual
// time, and a seed that draws which of those that could go on does.
//
// Nothing runs unless a thread that is in no turn waits for it, in step(),
// run(), advance() or drive(). Turns run on threads of the scheduler's own, of
// which one at a time has the baton: it draws who goes on, runs that turn, and
// draws again. A turn that waits, in drive(), keeps its thread and passes the
// baton on; when what it waits for has come, it is among those that are drawn.
// So waits end in any order, as with real threads, and no thread ever runs
// beside another.
//
// Time moves only when nothing can go on, and then to the next timer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "scheduler/scheduler.hpp"
#include "scheduler/timer_queue.hpp"

struct pollfd;

namespace troupe {

struct stepped_scheduler_options {
  std::uint64_t seed = 0;
  // So many turns in one wait, and it is told that it is endless.
  std::uint64_t turn_limit = 1'000'000;
  // How long a wait that could only be ended by a watched descriptor lasts, in
  // real time.
  clock_duration patience = std::chrono::seconds{5};
  // Waits outside are `interrupted` when a turn lasts for a second of real
  // time: a signal that comes just before such a wait sleeps isn't seen
  // otherwise.
  bool looks_for_signals = false;
};

class stepped_scheduler final : public scheduler {
public:
  using options = stepped_scheduler_options;

  explicit stepped_scheduler(const options& chosen = {});
  ~stepped_scheduler() override;  // as stop()

  // For a thread that is in no turn.

  /// One turn, or one stretch of a turn that has waited. False: nothing can go
  /// on. Time doesn't move.
  bool step();
  /// Turns until nothing can go on; time doesn't move. `stuck` can't be.
  drive_result run();
  /// As run(), but time moves on by `duration`, and timers fire on the way.
  drive_result advance(clock_duration duration);
  drive_result drive(const driven_wait& wait) override;
  /// True after an interrupted wait: the turn that it interrupted goes on.
  bool runs_turn() const noexcept;
  /// Every turn must have ended. What is queued is released without a turn.
  void stop() noexcept override;

  void schedule(runnable& r) noexcept override;
  void schedule_dedicated(runnable& r, std::size_t lane) noexcept override;
  std::size_t acquire_lane() override;
  void release_lane(std::size_t lane) noexcept override;
  std::size_t shared_lane() override { return first_acquired_lane; }
  std::unique_ptr<descriptor_watch> watch(int descriptor,
                                          std::function<void()> ready) override;
  timer_id after(clock_duration delay, std::function<void()> fire) override;
  bool cancel(timer_id id) noexcept override;
  clock_duration now() const noexcept override;
  bool enter_blocking() noexcept override { return true; }
  void leave_blocking() noexcept override {}
  bool quiet() const noexcept override;
  void set_on_quiet(std::function<void()> on_quiet) override;
  scheduler_stats stats() const override;
  bool steps() const noexcept override { return true; }
  std::size_t draw(std::size_t count) noexcept override;
  std::string who_waits() const override;

private:
  class watched;
  struct waiter;
  struct member;
  struct item;
  using lock = std::unique_lock<std::mutex>;

  static constexpr std::size_t any_thread = static_cast<std::size_t>(-1);

  drive_result wait_outside(waiter& w);
  bool sleep_outside(waiter& w);
  drive_result wait_in_turn(waiter& w);
  void set_timeout_locked(waiter& w);
  void enqueue(runnable& r, std::size_t lane) noexcept;
  void live(member& self) noexcept;  // on its thread

  // By the thread that has the baton, which holds `l`.
  enum class drawn { here, elsewhere, nothing };
  void conduct(member& self, lock& l);
  drawn draw_next(member& self, lock& l);
  void run_turn(member& self, lock& l);
  void go_on(waiter& w);
  std::optional<drive_result> outcome_of(const waiter& w) const;
  bool answer_outside(lock& l);
  void answer_idle(lock& l);
  void answer(waiter& w, drive_result outcome);
  void fire_next_timer(lock& l);
  bool tell_quiet(lock& l);
  bool poll_descriptors(std::chrono::milliseconds patience, lock& l);
  bool call_ready(const std::vector<pollfd>& polled, lock& l);
  bool is_armed() const noexcept;
  bool wait_for_descriptors(lock& l);

  // Any thread that holds mutex_.
  member& idle_member(std::size_t lane);
  void give_baton(member& m);
  bool lane_is_free(std::size_t lane) const noexcept;
  bool quiet_locked() const noexcept;

  // Constant after construction.
  const options options_;

  // Held while the conditions of those that wait outside are looked at; before
  // mutex_. They may take other locks and call what is below.
  std::mutex looking_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::mt19937_64 random_;
  std::vector<item> queued_;
  std::vector<waiter*> outside_;
  std::vector<waiter*> in_turns_;  // changed with the baton only
  std::vector<std::unique_ptr<member>> members_;
  std::vector<watched*> watched_;
  timer_queue timers_;
  bool conducting_ = false;  // somebody has the baton
  bool in_turn_ = false;
  bool stopping_ = false;
  bool told_quiet_ = true;
  std::uint64_t turns_ = 0;
  std::uint64_t fired_ = 0;  // timers
  std::size_t last_lane_ = first_acquired_lane;

  std::recursive_mutex quiet_mutex_;  // held while on_quiet_ is called
  std::function<void()> on_quiet_;    // guarded by quiet_mutex_

  std::atomic<clock_duration> now_{clock_duration{0}};
};

}  // namespace troupe
