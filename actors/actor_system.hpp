// SPDX-License-Identifier: Apache-2.0
// The actors of one system: spawning, dead letters, ordered shutdown.
//
// The system keeps its actors alive until they end; refs alone don't.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/actor_ref.hpp"
#include "actors/asking/wait_graph.hpp"
#include "actors/dead_letters.hpp"
#include "actors/registry.hpp"
#include "base/result.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

/// As in actor_cell::setting.
struct spawn_options {
  std::string name{};  // empty: "actor-<id>"
  std::size_t mailbox_capacity = mailbox::unbounded;
  overflow_policy overflow = overflow_policy::fail;
  ref_ptr<actor_cell> redirect{};
  std::size_t concurrency = 1;
  std::size_t stash_capacity = 1000;
  clock_duration time_limit{};
  ref_ptr<isolate> alone{};           // an isolate of its own, or
  ref_ptr<shared_home> home{};        // one that it shares
  std::optional<lane_choice> lane{};  // without a home: it runs there only
  ref_ptr<child_observer> parent{};
  ref_ptr<incarnation_source> source{};
  bool far = false;
  bool listed = true;  // false: it is not found by its name
};

class actor_system {
public:
  /// Told of each end, on the actor's last turn; must be brief.
  using end_observer = std::function<void(const actor_cell&, stop_reason)>;

  /// The scheduler must outlive the system. `owner`: what each actor keeps
  /// alive, so that the system outlives every ref; null if the caller sees to
  /// that.
  explicit actor_system(scheduler& s, ref_counted* owner = nullptr);
  /// Every actor must have ended (begin_shutdown()) and every ref be gone.
  ~actor_system();
  actor_system(const actor_system&) = delete;
  actor_system& operator=(const actor_system&) = delete;

  /// Any thread, never blocks: the actor starts on a turn of its own, see
  /// actor_cell::started(). Fails when the name is taken or the system closes.
  result<actor_ref> spawn(ref_ptr<behaviour> what, spawn_options options = {});

  /// Any thread.
  std::optional<actor_ref> find(actor_id id) const;
  std::optional<actor_ref> lookup(const std::string& name) const {
    return names_.lookup(name);
  }
  ref_ptr<actor_cell> find_cell(actor_id id) const;  // null: it has ended
  std::vector<actor_ref> actors() const;  // in the order of their start
  bool closing() const noexcept {
    return closing_.load(std::memory_order_relaxed);
  }

  /// Any thread, never blocks. Spawns are refused from now on; actors stop one
  /// by one, the last started first. Those that are not gone after `deadline`
  /// are killed. The completion is done when the last has ended; one that
  /// can't be ended keeps it open.
  ref_ptr<completion> begin_shutdown(std::chrono::nanoseconds deadline);
  /// The same, once all is quiet or `drain` is over; in between draining().
  void begin_drained_shutdown(std::chrono::nanoseconds drain,
                              std::chrono::nanoseconds deadline);
  /// Any thread. From now on draining(): what the layer above sends for others
  /// than actors is to be refused.
  void begin_drain() noexcept {
    draining_.store(true, std::memory_order_relaxed);
  }
  bool draining() const noexcept {
    return draining_.load(std::memory_order_relaxed);
  }
  /// After begin_shutdown(): when those that are left are killed, on the
  /// scheduler's clock; and the names of those that were.
  clock_duration kills_at() const;
  std::vector<std::string> killed() const;

  /// Any thread. Done at the next instant at which nothing is queued or
  /// running: all that was sent before has been handled. Or when the shutdown
  /// begins.
  ref_ptr<completion> when_quiet();

  /// Any thread: something is under way that is in no mailbox, such as a
  /// message that an actor has kept; until end_work() all isn't quiet. To be
  /// ended on a turn.
  void begin_work() noexcept { work_begun_.fetch_add(1); }
  void end_work() noexcept { work_ended_.fetch_add(1); }

  dead_letters& dead() noexcept { return dead_; }
  /// Names and groups.
  registry& names() noexcept { return names_; }
  wait_graph& waits() noexcept { return waits_; }
  scheduler& get_scheduler() noexcept { return scheduler_; }
  ref_counted* owner() const noexcept { return owner_; }
  /// How many messages an actor may handle in one turn.
  std::size_t quantum() const noexcept { return quantum_; }
  /// Before the first spawn; not thread-safe.
  void set_quantum(std::size_t messages) noexcept { quantum_ = messages; }
  /// Before the first spawn; not thread-safe.
  void set_end_observer(end_observer o) { end_observer_ = std::move(o); }

private:
  friend class actor_cell;

  std::string name_of(actor_id id) const;
  void forget(const actor_cell& cell, stop_reason reason) noexcept;
  void has_ended() noexcept;
  void stop_next();
  actor_ref next_to_stop_locked();
  void check_quiet();
  bool is_quiet() const;
  void kill_all() noexcept;

  // Constant once actors run.
  scheduler& scheduler_;
  ref_counted* const owner_;
  end_observer end_observer_;
  std::size_t quantum_ = 64;

  std::atomic<bool> draining_{false};  // relaxed: a hint to senders
  std::atomic<bool> closing_{false};   // relaxed: spawn() decides under mutex_

  dead_letters dead_{[this](actor_id id) { return name_of(id); }};
  registry names_;
  wait_graph waits_{*this};
  std::atomic<std::uint64_t> work_begun_{0};
  std::atomic<std::uint64_t> work_ended_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<actor_id, actor_ref> actors_;  // ordered by id: by start
  std::size_t ending_ = 0;  // forgotten, and about to tell others of it
  ref_ptr<completion> all_ended_;
  timer_id deadline_ = timer_id::none;
  clock_duration kills_at_{};
  actor_id stopping_ = actor_id::nobody;  // told to, in its turn
  std::vector<std::string> killed_;
  ref_ptr<completion> quiet_;  // null: nobody asked since the last one
  std::uint64_t quiet_asked_ = 0;
};

}  // namespace troupe
