// SPDX-License-Identifier: Apache-2.0
// An actor that starts others, and does what its supervision decides when they
// end: the doing to supervision.hpp's deciding.
//
// One object for all its incarnations: its children's cells are kept while it
// is down itself, and restarted with it. Children tell it what happened by way
// of an inbox, which it looks through on its own turn.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/actor_ref.hpp"
#include "actors/cell/behaviour.hpp"
#include "actors/supervision/supervision.hpp"

namespace troupe {

class supervisor;

/// What a supervisor starts.
struct child_spec {
  child_terms terms;
  /// On the supervisor's turn, in a blocking_region: spawns the child, under
  /// that parent and with an incarnation_source.
  std::function<result<actor_ref>(ref_ptr<child_observer> parent)> spawn{};
  /// In place of `spawn`: another supervisor.
  ref_ptr<supervisor> nested{};
};

/// What becomes of an operation; see supervisor.
struct supervisor_answer final : public ref_counted {
  const ref_ptr<completion> over = make_ref_counted<completion>();
  completion& done = *over;
  actor_ref child{};  // of a start; constant once it is done
};

struct child_view {
  std::string name;
  std::optional<actor_ref> ref;
  bool is_supervisor;
  child_state state;
  std::uint64_t restarts;
  restart_policy restart;
};

class supervisor final : public behaviour {
public:
  std::string describe() const override { return "supervisor"; }
  /// Told of what nobody else tells: on its turn; must be brief.
  using reporter = std::function<void(const std::string& words)>;

  /// Fails if two children have the same name. `seed`: of the jitter.
  static result<ref_ptr<supervisor>> make(supervision_terms terms,
                                          std::vector<child_spec> children,
                                          reporter report = {},
                                          std::uint64_t seed = 1);
  /// Begins a supervisor that has none of its own. Fails if the name is taken,
  /// or the system closes; for its children see ready().
  static result<actor_ref> spawn(actor_system& system, ref_ptr<supervisor> what,
                                 std::string name = {});
  /// The supervisor behind an actor (borrowed), or null if it is none.
  static supervisor* behind(const actor_cell& cell) noexcept;

  // Any thread.
  /// Done when all its children have started for the first time, or with the
  /// fault that kept them from it.
  completion& ready() const noexcept { return *ready_; }
  /// The first child that was ever spawned; once ready().
  std::optional<actor_ref> first_child() const;
  std::vector<child_view> children() const;
  const supervision_terms& terms() const noexcept { return decides_.terms(); }

  // Operations, on any thread; each is over when its answer is done.
  ref_ptr<supervisor_answer> start_child(child_spec spec);
  ref_ptr<supervisor_answer> restart_child(std::string name);
  ref_ptr<supervisor_answer> terminate_child(std::string name);
  ref_ptr<supervisor_answer> terminate_child(actor_id child);
  ref_ptr<supervisor_answer> delete_child(std::string name);

  /// For the layer above: what the children of simple_one_for_one are made of.
  /// Before spawn().
  void set_template(payload what) { template_ = std::move(what); }
  const payload& child_template() const noexcept { return template_; }

  std::optional<fault> on_start(actor_cell& self) override;
  void on_message(actor_cell& self, envelope& e) override;
  void on_ready(actor_cell& self) override;
  void on_timer(actor_cell& self, timer_token which) override;
  bool delays_end(actor_cell& self, stop_reason reason) override;
  void on_stop(actor_cell& self, stop_reason reason) noexcept override;

private:
  using order = supervision_order;
  class same_again;  // the source of its incarnations: one and the same
  class parenthood;  // how its children see it

  enum class event_kind : std::uint8_t { started, up, down, ended, operation };
  enum class operation : std::uint8_t { start, restart, terminate, forget };
  struct request {
    operation what;
    child_spec spec{};
    std::string name{};
    actor_id child = actor_id::nobody;
    actor_id asker = actor_id::nobody;
    ref_ptr<supervisor_answer> answer{};
  };
  struct event {
    event_kind kind;
    actor_id child = actor_id::nobody;
    stop_reason reason = stop_reason::stopped;
    std::optional<fault> why{};
    std::optional<request> asked{};
  };
  using answers = std::vector<ref_ptr<supervisor_answer>>;
  struct member {
    child_spec spec;
    std::optional<actor_ref> ref{};
    std::optional<fault> why{};  // of its last end, if that was abnormal
    answers starts{};            // who waits for its start, for its end
    answers ends{};
  };

  supervisor(supervision_terms terms, reporter report, std::uint64_t seed);

  // Any thread.
  void post(event e) noexcept;
  ref_ptr<supervisor_answer> ask(request r);

  // Its turn, as all below.
  void work(actor_cell& self);
  void happened(actor_cell& self, event& e);
  void child_is_down(actor_cell& self, event& e);
  void child_has_ended(actor_cell& self, event& e);
  void note_culprit(child_key key);
  template <typename Decision>
  auto decide(Decision d);
  void perform(actor_cell& self, request& r);
  std::optional<error> deadlock_of(const request& r) const;

  void obey(actor_cell& self, const order& o);
  void begin(actor_cell& self, child_key key);
  bool name_is_parting(const std::string& name) const;
  result<actor_ref> spawn_child(actor_cell& self, const child_spec& spec);
  void end_incarnation(actor_cell& self, child_key key, bool at_once);
  void let_go(member& m);
  void forget(child_key key);
  void resolve(answers& waiting, const member& m, bool fine);
  void is_up(actor_cell& self);
  void is_done(actor_cell& self);
  void finish_if_alone(actor_cell& self);
  void finish(actor_cell& self);
  fault why_over(const actor_cell& self) const;
  void report(const std::string& words) const;
  void dispose() noexcept;

  // Constant once it runs.
  const reporter report_;
  const ref_ptr<completion> ready_;
  payload template_;

  // The turn only.
  bool told_to_end_ = false;
  bool for_good_ = false;          // so that no supervisor restarts it
  bool leaving_ = false;           // it only waits for those in parting_
  std::optional<fault> last_why_;  // of the child that led to the end
  std::unordered_map<actor_id, child_key> keys_;       // not ended yet
  std::unordered_map<actor_id, std::string> parting_;  // let go, by name
  std::unordered_map<actor_id, answers> ending_;       // who waits for those
  std::set<child_key> postponed_;  // begin when their name is free

  mutable std::mutex mutex_;
  // Guarded by mutex_; changed by the turn only, which may read without it.
  supervision decides_;
  std::map<child_key, member> members_;
  std::optional<actor_ref> first_;

  std::mutex inbox_mutex_;
  // Guarded by inbox_mutex_.
  std::vector<event> inbox_;
  std::optional<actor_ref> self_;  // while it runs
  bool closed_ = false;            // it has ended for good
};

}  // namespace troupe
