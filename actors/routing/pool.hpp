// SPDX-License-Identifier: Apache-2.0
// A router whose routees are its own: it starts them, restarts those that end,
// takes on more when their mailboxes fill and lets some go when they are idle.
//
//   wanted: how many there are to be, between `minimum` and `maximum`
//   a routee: starting --> routed to --> down --> (restarted) routed to ...
//
// It is their supervisor: a routee that ends, for whatever reason, is restarted
// with the same ref, name and mailbox, so what waits there is not lost. One
// that somebody has stopped for good is replaced by a new actor of its name.
// Both are limited (`max_restarts` `within` a period). Beyond that the pool
// says so, ends its routees, and fails.
//
// Load is looked at in intervals, and only while there is any, or more routees
// than the minimum: a pool at rest has no timer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "actors/routing/router.hpp"
#include "actors/supervision/child_terms.hpp"
#include "actors/supervision/restart_limit.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

class routee_watch;

struct pool_options {
  std::size_t size = 1;
  bool elastic = false;     // goes by load, from minimum to maximum
  std::size_t minimum = 1;  // minimum <= size <= maximum
  std::size_t maximum = std::numeric_limits<std::size_t>::max();
  std::optional<unsigned> max_restarts = 10;  // none: no limit
  clock_duration within = std::chrono::seconds{10};
  backoff_terms backoff{.at_once = 10};
  std::uint64_t seed = 1;  // of the backoff's jitter
  clock_duration interval = std::chrono::milliseconds{100};
  /// Takes on more when this many messages a routee wait in two intervals
  /// running.
  std::size_t crowded = 4;
  /// Lets one go when less than half of them had work in so many intervals
  /// running.
  std::size_t calm_intervals = 50;
};

class pool final : public router {
public:
  /// Makes the routee with this number (1, 2, ...), under that parent and with
  /// an incarnation_source. Called on the pool's turn, in a blocking_region.
  using source = std::function<result<actor_ref>(
      std::size_t number, ref_ptr<child_observer> parent)>;
  /// Told what went wrong, in words for people; any thread, brief.
  using reporter = std::function<void(const std::string&)>;

  pool(std::unique_ptr<routing_policy> policy, pool_options options,
       source make, reporter report);
  ~pool() override;

  /// Done when the first `size` routees have started; else the fault of the
  /// first that couldn't, and the pool ends.
  completion& ready() const noexcept { return *ready_; }

  // Any thread.
  std::size_t minimum() const noexcept { return options_.minimum; }
  std::size_t maximum() const noexcept { return options_.maximum; }
  /// How many there are to be from now on. Fails beyond minimum and maximum.
  result<void> resize(std::size_t wanted);
  /// What becomes of the routees' mailboxes when the pool is stopped; without
  /// this they handle what they have got.
  void drop_what_waits() noexcept { drops_.store(true); }
  /// One of its own goes for good: it handles what it has been given, ends,
  /// and isn't replaced. Others are merely not routed to any more.
  bool remove(const actor_ref& routee) override;

  std::optional<fault> on_start(actor_cell& self) override;
  void on_ready(actor_cell& self) override;
  void on_timer(actor_cell& self, timer_token which) override;
  /// Its routees end before it does.
  bool delays_end(actor_cell& self, stop_reason reason) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;

protected:
  void routee_ended(actor_cell& self, actor_id id) override;
  void has_routed(actor_cell& self, const actor_ref& to) override;

private:
  struct member {
    actor_ref ref;
    bool started = false;
    bool down = false;          // waits for its backoff
    unsigned streak = 0;        // restarts in a row
    clock_duration since = {};  // its last start
  };

  result<void> make_one(actor_cell& self, std::size_t number);
  void fail_to_grow(actor_cell& self);
  void fail_to_begin(actor_cell& self, fault why);
  void welcome_started();

  void is_down(actor_cell& self, const actor_ref& whom, stop_reason reason,
               const std::optional<fault>& why);
  void restart_later(actor_cell& self, member& m);
  void restart(actor_cell& self, member& m);
  void replace(actor_cell& self, std::size_t number);
  void give_up(actor_cell& self);

  void begin_end(actor_cell& self, bool drain);
  void tell_to_end(actor_cell& self, member& m, bool drain);
  void finish_if_alone(actor_cell& self);
  bool must_hurry(const actor_cell& self) const noexcept;
  template <typename Function>
  void for_each_member(Function f);

  void let_leave();
  void let_go(std::size_t number);
  void settle_size(actor_cell& self);
  void arm(actor_cell& self);
  void look(actor_cell& self);
  void change_wanted(std::size_t from, std::size_t to) noexcept;
  std::size_t number_of(actor_id id) const noexcept;  // 0: none of ours
  member* find(actor_id id) noexcept;                 // or one that leaves

  // Constant after construction.
  const pool_options options_;
  const source make_;
  const reporter report_;
  const ref_ptr<completion> ready_;
  const ref_ptr<routee_watch> watch_;

  // Relaxed: a wish; the wake-up that follows publishes it.
  std::atomic<std::size_t> wanted_;  // written by any thread
  std::atomic<bool> drops_{false};   // written by any thread
  std::mutex leaving_mutex_;
  std::vector<actor_id> asked_to_leave_;  // guarded by leaving_mutex_

  // The pool's turn only.
  std::map<std::size_t, member> members_;  // by number
  std::map<actor_id, member> leaving_;     // no more routed to, not ended yet
  restart_limit limit_;
  std::mt19937_64 random_;
  std::string last_failure_;
  bool ending_ = false;
  bool told_to_end_ = false;
  std::optional<fault> failure_;  // that it ends with
  timer_id timer_ = timer_id::none;
  std::size_t crowded_ = 0;  // intervals running
  std::size_t calm_ = 0;
};

}  // namespace troupe
