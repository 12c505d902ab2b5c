// SPDX-License-Identifier: Apache-2.0
// A world for a supervision to decide in: children that are nothing but names,
// in virtual time, and a log of what was ordered.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/supervision/supervision.hpp"

namespace troupe::testing {

using namespace std::chrono_literals;

class supervised_world {
public:
  using time = supervision::time;
  using kind = supervision_order::kind;

  explicit supervised_world(supervision_terms terms = {},
                            std::uint64_t seed = 1)
      : decides{std::move(terms), seed} {}

  /// Children that it starts with, all alike.
  void add(std::initializer_list<const char*> names,
           restart_policy restart = restart_policy::permanent) {
    for (const char* name : names) {
      add_one({.name = name, .restart = restart});
    }
  }
  void add_one(child_terms terms) {
    const std::string name = terms.name;
    keys[name] = decides.add(std::move(terms)).value();
    names[keys[name]] = name;
  }

  void start() {
    decides.start(now);
    settle();
  }
  void stop() {
    decides.stop(now);
    settle();
  }
  void exits(const std::string& name, child_exit how) {
    alive.erase(name);
    decides.child_ended(keys.at(name), how, now);
    settle();
  }
  void fails(const std::string& name) { exits(name, child_exit::abnormal); }

  bool start_child(child_terms terms) {
    const std::string name = terms.name;
    const auto key = decides.start_child(std::move(terms), now);
    if (key) {
      keys[name] = *key;
      names[*key] = name;
    }
    settle();
    return key.has_value();
  }
  bool terminate(const std::string& name) {
    const bool accepted = decides.terminate_child(name, now).has_value();
    settle();
    return accepted;
  }
  bool restart(const std::string& name) {
    const bool accepted = decides.restart_child(name, now).has_value();
    settle();
    return accepted;
  }

  /// Carries out orders and what follows of them, but for the timers.
  void settle() {
    for (;;) {
      for (const supervision_order& o : decides.take_orders()) {
        carry_out(o);
      }
      if (happens.empty()) {
        return;
      }
      auto next = std::move(happens.front());
      happens.erase(happens.begin());
      next();
    }
  }
  /// Moves time on, timer by timer.
  void advance(time duration) {
    const time then = now + duration;
    while (!timers.empty() && timers.begin()->first.first <= then) {
      now = timers.begin()->first.first;
      const std::uint64_t timer = timers.begin()->first.second;
      timers.erase(timers.begin());
      decides.timer_fired(timer, now);
      settle();
    }
    now = then;
  }

  /// What was ordered since the last call, as "start a", "halt b", "up".
  std::vector<std::string> seen() { return std::exchange(log, {}); }

  child_state state(const std::string& name) const {
    const auto* c = decides.find(name);
    return c == nullptr ? child_state::stopped : c->state;
  }

  supervision decides;
  time now{0};
  std::vector<std::string> log;
  std::set<std::string> alive;
  std::set<std::string> unstartable;  // their start fails
  std::set<std::string> slow;         // theirs takes until finish_start()
  std::set<std::string> deaf;         // don't stop when told to
  std::set<std::string> stuck;        // nor when killed
  std::map<std::string, child_key> keys;
  std::map<child_key, std::string> names;

  void finish_start(const std::string& name) {
    slow.erase(name);
    begin(name);
    settle();
  }
  /// A child that was stuck comes down at last.
  void comes_loose(const std::string& name) {
    stuck.erase(name);
    deaf.erase(name);
    exits(name, child_exit::abnormal);
  }

private:
  void note(const char* what, const std::string& name) {
    log.push_back(name.empty() ? std::string{what}
                               : std::string{what} + " " + name);
  }
  void begin(const std::string& name) {
    const child_key key = keys.at(name);
    if (unstartable.contains(name)) {
      happens.push_back([=, this] { decides.child_not_started(key, now); });
    } else {
      alive.insert(name);
      happens.push_back([=, this] { decides.child_started(key, now); });
    }
  }
  void end(const std::string& name, child_exit how) {
    const child_key key = keys.at(name);
    alive.erase(name);
    happens.push_back([=, this] { decides.child_ended(key, how, now); });
  }
  void carry_out(const supervision_order& o) {
    const std::string name =
        names.contains(o.child) ? names.at(o.child) : std::string{};
    switch (o.what) {
      case kind::start:
        note("start", name);
        if (!slow.contains(name)) {
          begin(name);
        }
        break;
      case kind::halt:
        note("halt", name);
        if (!deaf.contains(name)) {
          end(name, child_exit::normal);
        }
        break;
      case kind::kill:
        note("kill", name);
        if (!stuck.contains(name)) {
          end(name, child_exit::abnormal);
        }
        break;
      case kind::release:
        note("release", name);
        break;
      case kind::forget:
        note("forget", name);
        break;
      case kind::forsake:
        note("forsake", name);
        break;
      case kind::arm:
        timers.emplace(std::pair{now + o.delay, o.timer}, o.timer);
        break;
      case kind::disarm:
        std::erase_if(timers,
                      [&](const auto& t) { return t.second == o.timer; });
        break;
      case kind::up:
        note("up", {});
        break;
      case kind::done:
        note("done", {});
        break;
      case kind::answer_start:
      case kind::answer_end:
        note(o.fine ? "fine" : "not fine", name);
        break;
    }
  }

  std::vector<std::function<void()>> happens;
  std::map<std::pair<time, std::uint64_t>, std::uint64_t> timers;
};

}  // namespace troupe::testing
