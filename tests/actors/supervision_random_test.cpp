// SPDX-License-Identifier: Apache-2.0
// A supervision in a world where anything may happen at any moment: what must
// hold all the same. Each failure prints the seed that replays it.
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "actors/supervision/supervision.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

enum class life { none, starting, running, halted, killed };

class chance {
public:
  explicit chance(std::uint64_t seed) : random_{seed} {}
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

private:
  std::mt19937_64 random_;
};

supervision_terms draw_terms(chance& c) {
  supervision_terms terms;
  terms.strategy = static_cast<restart_strategy>(c.below(4));
  if (c.one_in(3)) {
    terms.max_restarts.reset();
  } else {
    terms.max_restarts = static_cast<unsigned>(c.below(6));
  }
  terms.within = std::chrono::seconds{c.below(10)};
  terms.backoff.at_once = static_cast<unsigned>(c.below(3));
  return terms;
}

child_terms draw_child(chance& c, int number) {
  child_terms terms;
  terms.name = "child " + std::to_string(number);
  terms.restart = static_cast<restart_policy>(c.below(3));
  if (c.one_in(4)) {
    terms.shutdown = 0s;
  } else if (c.one_in(4)) {
    terms.shutdown.reset();
  }
  return terms;
}

class wild_world {
public:
  explicit wild_world(std::uint64_t seed)
      : chance_{seed}, decides_{draw_terms(chance_), seed} {
    const auto count = chance_.below(6);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(decides_.add(draw_child(chance_, ++named_)).has_value());
    }
  }

  void live(int steps) {
    decides_.start(now_);
    obey();
    for (int i = 0; i < steps && !done_; ++i) {
      step();
      obey();
    }
  }
  // All come to their end, but for those that can't be ended.
  void end() {
    decides_.stop(now_);
    obey();
    for (int i = 0; i < 10'000 && !done_; ++i) {
      finish_something();
      obey();
    }
    CHECK(done_);
    for (const auto& [key, state] : lives_) {
      const auto* c = decides_.find(key);
      const bool stuck = c != nullptr && c->state == child_state::stuck;
      CHECK((state == life::none || stuck));
    }
    CHECK(starts_.empty());
    CHECK(ends_.empty());
    done_ = false;
  }
  void kill_supervisor() {
    decides_.kill_all();
    obey();
    CHECK(starts_.empty());
    CHECK(ends_.empty());
    for (const auto& [key, state] : lives_) {
      CHECK((state == life::none || state == life::killed));
    }
    done_ = false;
  }

private:
  using kind = supervision_order::kind;

  bool grouped() const {
    const auto strategy = decides_.terms().strategy;
    return strategy == restart_strategy::one_for_all ||
           strategy == restart_strategy::rest_for_one;
  }

  void obey() {
    for (const supervision_order& o : decides_.take_orders()) {
      obey(o);
    }
  }
  void obey(const supervision_order& o) {
    life& l = lives_[o.child];
    switch (o.what) {
      case kind::start:
        CHECK(l == life::none);
        check_sequence(o.child);
        l = life::starting;
        break;
      case kind::halt:
        CHECK((l == life::starting || l == life::running));
        l = life::halted;
        break;
      case kind::kill:
        CHECK(l != life::none);
        l = life::killed;
        break;
      case kind::release:
      case kind::forget:
        CHECK(l == life::none);
        break;
      case kind::answer_start:
        CHECK(starts_.erase(o.child) == 1);
        break;
      case kind::answer_end:
        CHECK(ends_.erase(o.child) == 1);
        break;
      case kind::arm:
        timers_.emplace(o.timer, now_ + o.delay);
        break;
      case kind::disarm:
        CHECK(timers_.erase(o.timer) == 1);
        break;
      case kind::done:
        CHECK_FALSE(done_);
        done_ = true;
        break;
      case kind::forsake:
      case kind::up:
        break;
    }
  }
  // In a group none starts beside another that starts, or before one that
  // came after it has stopped.
  void check_sequence(child_key next) {
    if (!grouped()) {
      return;
    }
    for (const auto& [key, state] : lives_) {
      const auto* c = decides_.find(key);
      if (c == nullptr || c->state == child_state::stuck) {
        continue;
      }
      CHECK(state != life::starting);
      if (decides_.terms().strategy == restart_strategy::one_for_all) {
        CHECK((key < next || state == life::none || single_start(next)));
      }
    }
  }
  // One that was restarted alone, or came down late.
  bool single_start(child_key key) const { return alone_.contains(key); }

  void step() {
    switch (chance_.below(6)) {
      case 0:
        die();
        break;
      case 1:
        operate();
        break;
      default:
        finish_something();
    }
  }
  void die() {
    const child_key key = draw(life::running);
    if (key != child_key::none) {
      lives_[key] = life::none;
      decides_.child_ended(key, static_cast<child_exit>(chance_.below(3)),
                           now_);
    }
  }
  void finish_something() {
    const child_key key = draw_any();
    if (key == child_key::none || chance_.one_in(4)) {
      return pass_time();
    }
    const life was = lives_[key];
    if (was == life::starting && !chance_.one_in(4)) {
      lives_[key] = life::running;
      decides_.child_started(key, now_);
    } else if (was == life::starting) {
      lives_[key] = life::none;
      decides_.child_not_started(key, now_);
    } else if (was == life::halted || was == life::killed) {
      lives_[key] = life::none;
      alone_.insert(key);
      decides_.child_ended(key, child_exit::abnormal, now_);
    }
  }
  void pass_time() {
    if (timers_.empty()) {
      now_ += 100ms;
      return;
    }
    auto first = timers_.begin();
    for (auto at = timers_.begin(); at != timers_.end(); ++at) {
      first = at->second < first->second ? at : first;
    }
    const std::uint64_t timer = first->first;
    now_ = std::max(now_, first->second);
    timers_.erase(first);
    decides_.timer_fired(timer, now_);
  }
  void operate() {
    const std::string name = "child " + std::to_string(1 + chance_.below(8));
    switch (chance_.below(4)) {
      case 0:
        return expect(decides_.start_child(draw_child(chance_, ++named_), now_),
                      starts_);
      case 1:
        return expect(decides_.terminate_child(name, now_), ends_);
      case 2: {
        const auto restarted = decides_.restart_child(name, now_);
        if (restarted) {
          alone_.insert(*restarted);
        }
        return expect(restarted, starts_);
      }
      default:
        static_cast<void>(decides_.delete_child(name));
    }
  }
  static void expect(const result<child_key>& accepted,
                     std::set<child_key>& answers) {
    if (accepted) {
      answers.insert(*accepted);  // a second one joins the first
    }
  }

  child_key draw(life state) {
    std::vector<child_key> all;
    for (const auto& [key, s] : lives_) {
      if (s == state) {
        all.push_back(key);
      }
    }
    return all.empty() ? child_key::none : all[chance_.below(all.size())];
  }
  child_key draw_any() { return draw(static_cast<life>(1 + chance_.below(4))); }

  chance chance_;
  supervision decides_;
  std::chrono::nanoseconds now_{0};
  std::map<child_key, life> lives_;
  std::set<child_key> starts_;  // to be answered
  std::set<child_key> ends_;
  std::set<child_key> alone_;
  std::map<std::uint64_t, std::chrono::nanoseconds> timers_;
  int named_ = 0;
  bool done_ = false;
};

TEST_SUITE("supervision, whatever happens") {

TEST_CASE(
    "orders make sense, operations are answered, and it comes to an end") {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    CAPTURE(seed);
    wild_world w{seed};
    w.live(60);
    w.end();
  }
}

TEST_CASE("so it is when it is killed, and starts again") {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    CAPTURE(seed);
    wild_world w{seed};
    w.live(30);
    w.kill_supervisor();
    w.live(30);
    w.end();
  }
}

}  // TEST_SUITE("supervision, whatever happens")

}  // namespace
}  // namespace troupe
