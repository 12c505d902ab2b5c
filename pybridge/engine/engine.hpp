// SPDX-License-Identifier: Apache-2.0
// One running system: scheduler, actors, interpreters. What troupe.System is
// the face of.
#pragma once

#include "pybridge/python.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/actor_system.hpp"
#include "actors/shared_home.hpp"
#include "pybridge/engine/actor_hooks.hpp"
#include "pybridge/engine/interpreter_recycler.hpp"
#include "pybridge/engine/python_behaviour.hpp"
#include "pybridge/interpreters/interpreter_pool.hpp"
#include "pybridge/interpreters/reaper.hpp"
#include "pybridge/interpreters/runtime.hpp"
#include "scheduler/scheduler.hpp"

namespace troupe {

struct engine_options {
  std::size_t workers = 0;  // 0: one a core
  std::size_t warm_interpreters = 2;
  // Not to run by itself, but step by step, as this seed says; see
  // stepped_scheduler.
  std::optional<std::uint64_t> seed{};
  std::uint64_t turn_limit = 0;  // of one wait, with a seed
  // Whether interpreters come from the recycler, and go there.
  bool recycle = false;
  ref_ptr<interpreter_recycler> recycler{};
  ref_ptr<actor_hooks> hooks{};  // around the code of all actors
  clock_duration ask_timeout = std::chrono::seconds{60};  // max(): none
  std::optional<bool> dead_letter_log{};  // on stderr; none: if warnings are
};

/// Which thread an actor's turns run on.
enum class thread_choice {
  any,        // mostly the same
  pinned,     // always the same, which it shares with others
  dedicated,  // one of its own
};

/// How a system ends: phase by phase, each with a limit.
struct shutdown_terms {
  std::optional<clock_duration> drain{};  // what is queued is handled first
  clock_duration timeout = std::chrono::seconds{10};  // to stop, one by one
  clock_duration kill = std::chrono::seconds{2};      // those killed, to go
};

struct shutdown_report {
  std::vector<std::string> left;    // could not be ended
  std::vector<std::string> killed;  // didn't stop within the timeout
  bool drained = false;             // nothing was left undone
  clock_duration draining{}, stopping{}, killing{};  // how long it took
};

struct engine_spawn {
  actor_recipe recipe;
  // "own", "main", "shared:NAME", "process", "process:NAME"
  std::string home = "own";
  thread_choice thread = thread_choice::any;
  // All but the place: `alone`, `home`, `source` are the engine's to fill in.
  spawn_options options{.mailbox_capacity = 10'000,
                        .overflow = overflow_policy::mute};
  // What is put around the code, if anything is. Of a restart too.
  std::function<ref_ptr<behaviour>(ref_ptr<behaviour>)> wrap{};

  engine_spawn clone() const {
    return {recipe.clone(), home, thread, options, wrap};
  }
  /// The actor starts in a home that nobody else can keep busy.
  bool has_home_alone() const {
    return home == "own" || home.starts_with("process");
  }
};

class parent_process;
class process_homes;
struct process_launch;

class engine final : public ref_counted {
public:
  engine(runtime& r, engine_options options);

  /// Detached; in a turn inside a blocking_region. Doesn't wait for the start.
  result<actor_ref> spawn(engine_spawn what) TROUPE_EXCLUDES(gil);

  /// Detached, on a thread that isn't the engine's. Stops the actors in order,
  /// then the threads, then ends the interpreters. Answers the names of the
  /// actors that could not be ended in time; then threads are left behind.
  std::vector<std::string> shutdown(std::chrono::nanoseconds deadline)
      TROUPE_EXCLUDES(gil) {
    return shut_down({.timeout = deadline}).left;
  }
  /// The same, with all that can be said about it.
  shutdown_report shut_down(const shutdown_terms& terms) TROUPE_EXCLUDES(gil);

  /// Detached, after that: waits until the interpreters that can end have
  /// ended, which those of actors that couldn't be ended don't. 5 s at most.
  void settle() TROUPE_EXCLUDES(gil);

  /// Any thread. The limit of requests that set no other; max(): none.
  clock_duration ask_timeout() const noexcept {
    return clock_duration{ask_timeout_.load(std::memory_order_relaxed)};
  }
  void set_ask_timeout(clock_duration limit) noexcept {
    ask_timeout_.store(limit.count(), std::memory_order_relaxed);
  }

  /// In a child process: the parent, which outlives the actors; else null.
  void set_parent(parent_process& parent);
  parent_process* parent() const noexcept { return parent_; }

  /// Any thread: "own", "main", "shared:NAME", "process, pid 4711", for people.
  std::string home_of(const actor_cell& cell) const;
  /// Any thread: another seed each time; the same ones in a system with a seed.
  std::uint64_t draw_seed();

  // Any thread.
  runtime& get_runtime() noexcept { return runtime_; }
  actor_system& actors() noexcept { return actors_; }
  scheduler& get_scheduler() noexcept { return *scheduler_; }
  /// Null but in tests.
  actor_hooks* hooks() const noexcept { return hooks_.get(); }
  pool_stats interpreters() const { return pool_.stats(); }
  reaper_stats reaped() const { return reaper_.stats(); }
  /// One that failed to start, where nobody waits to be told.
  void count_failure() noexcept {
    failures_.fetch_add(1, std::memory_order_relaxed);
  }
  /// How many actors have failed so far.
  std::uint64_t failures() const noexcept {
    return failures_.load(std::memory_order_relaxed);
  }

private:
  /// Any thread; detaches meanwhile, should it be attached: whoever lets go of
  /// the last reference may hold the GIL that a service thread waits for.
  ~engine() override;

  class recipe_source;
  class process_source;
  struct place {
    ref_ptr<interpreter> in;
    ref_ptr<isolate> alone;
    ref_ptr<shared_home> shared;
  };

  bool is_stopped() const;
  bool run_phases(const shutdown_terms& terms, shutdown_report& report);
  bool wait_timed(completion& c, clock_duration limit, clock_duration& took);
  std::vector<std::string> names_left() const;
  result<place> find_place(const std::string& home);
  result<actor_ref> spawn_far(engine_spawn what);
  result<process_launch> how_to_launch();
  result<actor_ref> spawn_on(engine_spawn what,
                             std::optional<lane_choice> lane);
  result<std::optional<lane_choice>> find_lane(const engine_spawn& what);
  result<ref_ptr<interpreter>> take_interpreter();
  interpreter_end& interpreters_end() noexcept;
  std::string next_name(const actor_recipe& recipe);
  ref_ptr<behaviour> make_code(ref_ptr<interpreter> home, actor_recipe recipe);
  result<place> own_place();
  result<place> shared_place(const std::string& name);

  // Constant after construction. The order matters: each uses those above it.
  runtime& runtime_;
  const std::unique_ptr<scheduler> scheduler_;
  const ref_ptr<interpreter_recycler> recycler_;  // or null
  const ref_ptr<actor_hooks> hooks_;              // or null
  reaper reaper_;
  interpreter_pool pool_;
  actor_system actors_;
  const ref_ptr<shared_home> main_home_;
  const std::unique_ptr<process_homes> processes_;
  parent_process* parent_ = nullptr;  // set before any actor runs
  ref_ptr<ref_counted> keeps_parent_;

  std::atomic<std::uint64_t> failures_{0};  // relaxed: a counter
  std::atomic<std::int64_t> ask_timeout_;   // relaxed: ns, alone

  const std::optional<std::uint64_t> seed_;
  std::atomic<std::uint64_t> seeds_drawn_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_: the homes that several actors share, by name.
  std::unordered_map<std::string, place> shared_;
  bool stopped_ = false;
  std::vector<std::string> launch_command_;  // empty: not asked for yet
  std::uint64_t named_ = 0;  // actors that next_name() has named
};

}  // namespace troupe
