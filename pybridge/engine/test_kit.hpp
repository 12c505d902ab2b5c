// SPDX-License-Identifier: Apache-2.0
// What troupe.testing does to the actors of its system: it notes what they do,
// and lets faults happen to them.
//
// Everything may be called on any thread, but for what an actor's turn calls.
// No fault is silent: a message that gets lost is a dead letter.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/actor_ref.hpp"
#include "pybridge/engine/actor_hooks.hpp"

namespace troupe {

/// What an actor did, or what was done to it.
struct trace_entry {
  clock_duration at{};
  std::string actor{};
  std::string what{};    // "started", "add", "receive", "stopping", ...
  std::string sender{};  // empty: none
  bool is_call = false;
  bool has_content = false;
  payload content{};

  trace_entry clone() const;
};

class test_kit final : public actor_hooks {
public:
  using match = std::function<bool(const envelope&)>;

  /// Whether the calling thread has made it: the test's.
  bool made_here() const noexcept {
    return std::this_thread::get_id() == maker_;
  }

  ref_ptr<behaviour> wrap(ref_ptr<behaviour> code,
                          const std::string& target) override;

  /// Notes that `who` does something now.
  void note(const actor_cell& who, std::string what,
            const envelope* message = nullptr);
  /// The latest entries, the oldest first.
  std::vector<trace_entry> entries() const;

  // Faults. Each call replaces the one before of the same kind and actor.

  /// Kills `whom` when it has handled so many more messages; 0: it doesn't.
  void kill_after(actor_id whom, std::uint64_t messages);
  /// Messages to `whom` arrive so much later, in the order in which they were
  /// sent. Zero: those sent from now on don't, once the late ones have arrived.
  void delay(actor_id whom, clock_duration by);
  /// The next `times` messages to `whom` that match are lost. `which` is called
  /// on the actor's turn, in its isolate.
  void drop(actor_id whom, match which, std::uint64_t times);
  /// The next `times` starts of `target` fail with this.
  void fail_start(const std::string& target, fault why, std::uint64_t times);

private:
  class observed;
  enum class verdict { pass, drop, delay };
  struct faults {
    std::uint64_t kill_in = 0;
    clock_duration delay{};
    clock_duration last_arrival{};
    std::size_t late = 0;  // messages that were, and have not been handled
    std::unordered_set<const envelope*> passing;  // of these, in the mailbox
    match drop;
    std::uint64_t drop_left = 0;
  };
  struct failing {
    fault why;
    std::uint64_t left;
  };
  static constexpr std::size_t most_entries = 10'000;

  std::optional<fault> failure_of(const std::string& target);
  verdict judge(const actor_cell& who, const envelope& e);
  static verdict verdict_on_time(const faults& f);
  clock_duration arrival(const actor_cell& who);
  void let_pass(actor_id whom, const envelope* e);
  /// True: it is to be killed now.
  bool count_handled(const actor_cell& who);

  const std::thread::id maker_ = std::this_thread::get_id();

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<trace_entry> trace_;
  std::unordered_map<actor_id, faults> faults_;
  std::unordered_map<std::string, failing> failing_;
};

}  // namespace troupe
