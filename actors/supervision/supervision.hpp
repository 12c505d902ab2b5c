// SPDX-License-Identifier: Apache-2.0
// What a supervisor decides, without the doing: events in, orders out.
//
// No thread, no clock, no actor: whoever owns one tells it what happened and
// when, and carries out the orders (take_orders()) in their sequence. After an
// order to start or halt a child it waits for child_started(),
// child_not_started() or child_ended(), as the case may be.
//
//   idle -> starting -> running -> leaving -> over      start() begins anew
//
// Children start one after the other, and stop in the reverse sequence. Only
// under one_for_one do restarts of several children overlap.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "actors/supervision/child_terms.hpp"
#include "actors/supervision/restart_limit.hpp"
#include "base/result.hpp"

namespace troupe {

/// One child of one supervisor; never used twice by it.
enum class child_key : std::uint64_t { none = 0 };

struct supervision_order {
  enum class kind : std::uint8_t {
    start,         // begin an incarnation of `child`
    halt,          // end it in order, and keep its mailbox
    kill,          // end it at once
    release,       // it needs no mailbox any more; its terms stay
    forget,        // release, and its terms are gone too
    forsake,       // it can't be ended; tell somebody
    arm,           // call timer_fired(timer) after `delay`
    disarm,        // or don't
    up,            // the start is over: all children run
    done,          // no child runs any more: see outcome()
    answer_start,  // who waits for the start of `child`: `fine` or not
    answer_end,    // who waits for its end
  };
  kind what;
  child_key child = child_key::none;
  std::uint64_t timer = 0;
  std::chrono::nanoseconds delay{0};
  bool fine = true;
};

class supervision {
public:
  using time = std::chrono::nanoseconds;
  using order = supervision_order;

  enum class phase : std::uint8_t { idle, starting, running, leaving, over };
  enum class outcome : std::uint8_t {
    stopped,    // as it was told
    unstarted,  // a child couldn't start
    gave_up,    // more restarts than allowed
  };

  struct child {
    child_key key;
    child_terms terms;
    child_state state = child_state::stopped;
    std::uint64_t restarts = 0;

    // For the supervision itself.
    bool wanted = true;        // it should run
    bool held = false;         // terminate_child() said it should not
    bool added = false;        // while running: gone when the supervisor leaves
    bool start_asked = false;  // an operation waits for its start
    bool end_asked = false;    // and one for its end
    bool fresh = true;         // it has never run
    bool leaving = false;      // forget it when it is down
    bool killed = false;       // its deadline is over
    unsigned streak = 0;       // restarts in a row
    time up_since{0};
    std::uint64_t timer = 0;  // 0: none
  };

  supervision(supervision_terms terms, std::uint64_t seed);

  /// Before start(): a child it starts with. Fails if the name is taken.
  result<child_key> add(child_terms terms);

  void start(time now);
  /// Ends all children; they can be started again by start().
  void stop(time now);
  /// The supervisor itself was killed: its children are, too.
  void kill_all();

  // Events.
  void child_started(child_key key, time now);
  void child_not_started(child_key key, time now);
  void child_ended(child_key key, child_exit how, time now);
  void timer_fired(std::uint64_t timer, time now);

  // Operations: refused at once with an error, else over with an answer, which
  // may be among the orders already.
  result<child_key> start_child(child_terms terms, time now);
  result<child_key> restart_child(const std::string& name, time now);
  result<child_key> terminate_child(child_key key, time now);
  result<child_key> terminate_child(const std::string& name, time now);
  result<child_key> delete_child(const std::string& name);

  std::vector<order> take_orders() { return std::exchange(orders_, {}); }

  const supervision_terms& terms() const noexcept { return terms_; }
  phase now_in() const noexcept { return phase_; }
  outcome how() const noexcept { return outcome_; }
  /// The name of the child that led to `unstarted` or `gave_up`.
  const std::string& culprit() const noexcept { return culprit_; }
  const std::map<child_key, child>& children() const noexcept {
    return children_;
  }
  const child* find(child_key key) const noexcept;
  const child* find(const std::string& name) const noexcept;

private:
  using iterator = std::map<child_key, child>::iterator;

  child* find_mutable(child_key key) noexcept;
  result<child*> find_named(const std::string& name);
  result<child_key> append(child_terms terms, bool added);
  std::optional<error> refusal() const;
  bool grouped() const noexcept;
  bool in_sequence() const noexcept;
  bool is_active(const child& c) const noexcept;

  void emit(order::kind what, child_key child = child_key::none);
  void answer_start(child& c, bool fine);
  void answer_end(child& c, bool fine);
  std::uint64_t arm(time delay, child_key child);
  void disarm(std::uint64_t& timer);

  void proceed(time now);
  void proceed_with(child& c, time now);
  void begin_start(child& c);
  void start_wanted();
  void begin_stop(child& c);
  void deadline_passed(child& c, time now);
  bool stop_from(child_key first);
  bool stop_all_at_once();
  void is_down(child& c, time now);
  void died(child& c, child_exit how, time now);
  void not_started(child& c, time now);
  void restart(child& c, time now);
  void restart_group(child& c, time delay, time now);
  time next_delay(child& c);
  void leave(outcome why, const child* culprit, time now);
  void let_go(child& c);
  void remove(child& c);
  void end_if_childless(time now);

  const supervision_terms terms_;
  std::mt19937_64 random_;
  phase phase_ = phase::idle;
  outcome outcome_ = outcome::stopped;
  std::string culprit_;
  std::map<child_key, child> children_;  // in the sequence of their start
  std::map<std::string, child_key> names_;
  std::map<std::uint64_t, child_key> timers_;  // armed ones; none: the group's
  restart_limit limit_;
  std::size_t active_ = 0;               // starting, running or stopping
  std::optional<child_key> stop_first_;  // a group to stop starts here
  std::uint64_t group_timer_ = 0;        // its backoff; 0: none
  std::uint64_t last_timer_ = 0;
  std::uint64_t last_key_ = 0;
  std::vector<order> orders_;
};

}  // namespace troupe
