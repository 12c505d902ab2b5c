// SPDX-License-Identifier: Apache-2.0
#include "pybridge/engine/tree.hpp"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "pybridge/engine/tree_processes.hpp"
#include "pybridge/engine/tree_words.hpp"
#include "pybridge/process/hosted_behaviour.hpp"

namespace troupe {
namespace {

constexpr auto patience = std::chrono::milliseconds{500};
// Of a system with more actors, those that do nothing are only counted.
constexpr std::size_t many_actors = 1000;

struct seen_actor {
  actor_ref ref;
  ref_ptr<behaviour> code;
  std::optional<work_report> work;
  std::optional<turn_report> turn;
  std::vector<wait_graph::report> waits;

  actor_cell& cell() const noexcept { return ref.cell(); }
  bool awaits() const noexcept {
    const auto state = cell().state();
    return cell().in_flight() != 0 || state == actor_cell::life::starting ||
           state == actor_cell::life::ending;
  }
  const python_behaviour* python() const noexcept {
    return dynamic_cast<const python_behaviour*>(code.get());
  }
};

// In a child process there is something around it.
ref_ptr<behaviour> code_of(actor_cell& cell) {
  auto code = cell.code();
  const auto* const hosted = dynamic_cast<hosted_behaviour*>(code.get());
  return hosted == nullptr ? code : ref_ptr<behaviour>{&hosted->code()};
}

// What runtime::look() finds, for as long as somebody waits for it.
class findings {
public:
  void expect() {
    const std::lock_guard lock{mutex_};
    ++pending_;
  }
  void put(std::int64_t interpreter_id, interpreter::running_code code) {
    const std::lock_guard lock{mutex_};
    found_.emplace(interpreter_id, std::move(code));
    --pending_;
    changed_.notify_all();
  }
  std::map<std::int64_t, interpreter::running_code> wait() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [this] { return pending_ == 0; });
    return found_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::int64_t, interpreter::running_code> found_;
  std::size_t pending_ = 0;
};

class tree {
public:
  explicit tree(engine& e) : engine_{e}, turns_{e.get_scheduler().turns()} {
    see_actors();
    see_waits();
    see_stacks();
  }

  std::string text() {
    add_head();
    std::size_t idle = 0;
    for (const seen_actor& actor : actors_) {
      if (!has_maker(actor)) {
        add_with_children(actor, 0, idle);
      }
    }
    if (idle != 0) {
      text_ += "... and " + counted(idle, "actor") + " that do nothing\n";
    }
    add_turns();
    add_processes();
    return std::move(text_);
  }

private:
  void see_actors() {
    for (const actor_ref& ref : engine_.actors().actors()) {
      seen_actor seen{ref, code_of(ref.cell()), ref.cell().at_work(), {}, {}};
      const runnable* const runs =
          ref.cell().home() != nullptr
              ? static_cast<runnable*>(ref.cell().home())
              : &ref.cell();
      for (const turn_report& turn : turns_) {
        if (turn.runnable == static_cast<const void*>(runs)) {
          seen.turn = turn;
        }
      }
      positions_.emplace(ref.id(), actors_.size());
      actors_.push_back(std::move(seen));
    }
    for (const seen_actor& actor : actors_) {
      children_[actor.cell().spawner()].push_back(&actor);
    }
  }

  void see_waits() {
    for (const auto& wait : engine_.actors().waits().reports()) {
      if (const auto found = positions_.find(wait.waiter);
          found != positions_.end()) {
        actors_[found->second].waits.push_back(wait);
      }
    }
  }

  void see_stacks() {
    const auto found = std::make_shared<findings>();
    std::set<std::int64_t> asked;
    for (const seen_actor& actor : actors_) {
      const auto* const python =
          actor.work || actor.awaits() ? actor.python() : nullptr;
      if (python == nullptr || !asked.insert(python->home().id()).second) {
        continue;
      }
      const std::int64_t id = python->home().id();
      found->expect();
      engine_.get_runtime().look(ref_ptr<interpreter>{&python->home()},
                                 [found, id](interpreter::running_code code) {
                                   found->put(id, std::move(code));
                                 });
    }
    stacks_ = found->wait();
  }

  bool has_maker(const seen_actor& actor) const {
    return positions_.contains(actor.cell().spawner());
  }

  void add_head() {
    const auto busy = std::ranges::count_if(
        actors_, [](const seen_actor& a) { return a.work.has_value(); });
    text_ += counted(actors_.size(), "actor") + ", " + std::to_string(busy) +
             " at work; " +
             counted(engine_.get_scheduler().stats().workers, "worker") + "\n";
  }

  void add_with_children(const seen_actor& actor, std::size_t depth,
                         std::size_t& idle) {
    const bool skip = actors_.size() > many_actors && !actor.work &&
                      actor.waits.empty() && actor.cell().mailbox_size() == 0 &&
                      actor.cell().state() == actor_cell::life::running;
    idle += skip;
    if (!skip) {
      add(actor, depth);
    }
    const auto children = children_.find(actor.ref.id());
    if (children == children_.end()) {
      return;
    }
    for (const seen_actor* child : children->second) {
      add_with_children(*child, depth + 1, idle);
    }
  }

  void add(const seen_actor& actor, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    const auto id = static_cast<std::uint64_t>(actor.ref.id());
    const std::string what =
        actor.code != nullptr ? actor.code->describe() : std::string{};
    text_ += indent + actor.ref.name() + " (";
    if (!what.empty() && what != actor.ref.name()) {
      text_ += what + ", ";
    }
    text_ += "id " + std::to_string(id) + ", " + engine_.home_of(actor.cell()) +
             "): " + state_of(actor) + counts_of(actor) + "\n";
    if (actor.work && actor.python() != nullptr) {
      add_stack(*actor.python(), indent + "    ");
    }
    if (actor.python() != nullptr) {
      add_suspended(actor, indent + "    ");
    }
  }

  std::string state_of(const seen_actor& actor) const {
    const actor_cell& cell = actor.cell();
    std::string text = actor.work ? words_of(*actor.work) : rest_of(actor);
    if (actor.work && actor.turn) {
      const bool first = actor.work->before == 0 && cell.home() == nullptr;
      text += (first ? " for " : " for at most ") + words_of(actor.turn->age);
    }
    text += awaited_by(actor);
    return text;
  }

  std::string awaited_by(const seen_actor& actor) const {
    std::set<std::string> names;
    bool waits = false;
    for (const auto& wait : actor.waits) {
      waits = waits || !wait.muted;
      if (!wait.muted && wait.for_whom != actor_id::nobody) {
        names.insert(name_of(wait.for_whom));
      }
    }
    std::string text = waits ? ", waits" : "";
    for (const std::string& name : names) {
      text += (name == *names.begin() ? " for an answer of " : ", ") + name;
    }
    return text;
  }

  // What it does while it has no turn.
  std::string rest_of(const seen_actor& actor) const {
    const actor_cell& cell = actor.cell();
    if (cell.state() != actor_cell::life::running) {
      return words_of(cell.state());
    }
    for (const auto& wait : actor.waits) {
      if (wait.muted) {
        return "muted, because the mailbox of " + name_of(wait.for_whom) +
               " is crowded";
      }
    }
    if (cell.in_flight() != 0) {
      return "awaits";
    }
    return cell.mailbox_size() == 0 ? "idle" : "about to have a turn";
  }

  static std::string counts_of(const seen_actor& actor) {
    const actor_cell& cell = actor.cell();
    // What the turn has taken counts as held until its end.
    const std::size_t taken = actor.work ? actor.work->before + 1 : 0;
    const std::size_t held = cell.mailbox_size();
    const std::size_t waiting = held > taken ? held - taken : 0;
    std::string text;
    if (waiting != 0) {
      text += "; " + counted(waiting, "message") + " waiting";
    }
    if (cell.in_flight() != 0) {
      text += "; " + counted(cell.in_flight(), "handler") + " suspended";
    }
    text += "; " + std::to_string(cell.handled()) + " handled";
    if (cell.restarts() != 0) {
      text += "; " + counted(cell.restarts(), "restart");
    }
    return text;
  }

  void add_stack(const python_behaviour& python, const std::string& indent) {
    const auto found = stacks_.find(python.home().id());
    if (found == stacks_.end()) {
      text_ += indent + "no stack: code in C keeps its interpreter busy\n";
    } else if (found->second.token == python.token()) {
      add_frames(found->second.stack, indent, text_);
    }
  }

  void add_suspended(const seen_actor& actor, const std::string& indent) {
    const auto found = stacks_.find(actor.python()->home().id());
    if (found == stacks_.end()) {
      return;
    }
    for (const suspended_tasks& tasks : found->second.suspended) {
      if (tasks.actor != static_cast<std::uint64_t>(actor.ref.id())) {
        continue;
      }
      for (const python_stack& stack : tasks.stacks) {
        text_ += indent + "suspended:\n";
        add_frames(stack, indent + "  ", text_);
      }
      if (tasks.more != 0) {
        text_ +=
            indent + "... and " + counted(tasks.more, "coroutine") + " more\n";
      }
    }
  }

  std::string name_of(actor_id id) const {
    const auto found = positions_.find(id);
    return found == positions_.end()
               ? "an actor that has ended"
               : "'" + actors_[found->second].ref.name() + "'";
  }

  void add_turns() {
    for (const turn_report& turn : turns_) {
      text_ += "thread " + turn.thread + ": " + runner_of(turn) + ", for " +
               words_of(turn.age) + "\n";
    }
  }

  void add_processes() {
    std::vector<ref_ptr<behaviour>> all;
    std::ranges::transform(actors_, std::back_inserter(all), &seen_actor::code);
    text_ += describe_processes(all);
  }

  std::string runner_of(const turn_report& turn) const {
    for (const seen_actor& actor : actors_) {
      if (actor.turn && actor.turn->thread == turn.thread && actor.work) {
        return "'" + actor.ref.name() + "'";
      }
    }
    return "a turn that is just over";
  }

  engine& engine_;
  const std::vector<turn_report> turns_;
  std::vector<seen_actor> actors_;  // in the order of their start
  std::map<actor_id, std::size_t> positions_;
  std::map<actor_id, std::vector<const seen_actor*>> children_;  // by maker
  std::map<std::int64_t, interpreter::running_code> stacks_;  // by interpreter
  std::string text_;
};

}  // namespace

std::string describe_tree(engine& e) {
  return tree{e}.text();
}

}  // namespace troupe
