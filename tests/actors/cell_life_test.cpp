// SPDX-License-Identifier: Apache-2.0
// Incarnations: starts, ends, restarts, and orders in every state of an actor.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::broken;
using testing::hooks;
using testing::number_in;
using testing::stage;
using reasons = std::vector<stop_reason>;

constexpr int poison = -1;

// Notes the numbers that it gets; fails at `poison`.
hooks noting(std::vector<int>& seen) {
  return {.message = [&seen](actor_cell& self, envelope& e) {
    const turn_scope in_turn;
    if (number_in(e) == poison) {
      return self.fail(e, broken());
    }
    seen.push_back(number_in(e));
  }};
}

void tell_all(const actor_ref& to, std::initializer_list<int> numbers) {
  for (const int number : numbers) {
    to.tell(payload::of(number));
  }
}

TEST_SUITE("incarnations") {

TEST_CASE("a restart keeps the id, the name and the mailbox, in order") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen), {.name = "worker"});
  const actor_id id = a.id();
  tell_all(a, {1, poison, 2, 3});
  s.scheduler.run();
  CHECK(seen == std::vector{1});
  CHECK(s.parent->downs == reasons{stop_reason::failed});
  CHECK(s.parent->words == "broken");
  CHECK(a.cell().state() == actor_cell::life::down);
  tell_all(a, {4});
  a.cell().restart();
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2, 3, 4});
  CHECK(s.system.lookup("worker").value().id() == id);
  CHECK(a.cell().restarts() == 1);
  CHECK(s.dead(dead_reason::failed) == 1);
  CHECK(s.system.dead().total() == 1);
}

TEST_CASE("the asker of the message that failed is told, the others are not") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  const auto first = a.ask(payload::of(poison));
  const auto second = a.ask(payload::of(2));
  s.scheduler.run();
  REQUIRE(first->done());
  CHECK(first->why().what.detail == "broken");
  CHECK_FALSE(second->done());
  a.cell().restart();
  s.scheduler.run();
  CHECK(seen == std::vector{2});
}

TEST_CASE("a new incarnation knows how the one before has ended") {
  stage s;
  std::vector<std::string> starts;
  hooks h{.message =
              [](actor_cell& self, envelope& e) {
                const turn_scope in_turn;
                self.fail(e, broken("out of ink"));
              },
          .start = [&starts](actor_cell& self) -> std::optional<fault> {
            const turn_scope in_turn;
            starts.push_back(self.last_end() ? self.last_fault()->what.detail
                                             : "first");
            return std::nullopt;
          }};
  const actor_ref a = s.spawn_child(h);
  tell_all(a, {1});
  s.scheduler.run();
  a.cell().restart();
  s.scheduler.run();
  CHECK(starts == std::vector<std::string>{"first", "out of ink"});
  CHECK(a.cell().last_end() == stop_reason::failed);
}

TEST_CASE("a system with an actor that is down isn't quiet") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  tell_all(a, {poison});
  s.scheduler.run();
  const auto quiet = s.system.when_quiet();
  CHECK_FALSE(quiet->done());
  SUBCASE("until it is restarted") {
    a.cell().restart();
  }
  SUBCASE("until it has ended") {
    a.cell().terminate();
  }
  SUBCASE("until it was stopped") {
    a.stop();
  }
  s.scheduler.run();
  CHECK(quiet->done());
}

TEST_CASE("a first start that fails goes to the supervisor") {
  stage s;
  int starts = 0;
  std::vector<int> seen;
  hooks h = noting(seen);
  h.start = [&starts](actor_cell&) -> std::optional<fault> {
    return ++starts < 3 ? std::optional{broken("not yet")} : std::nullopt;
  };
  const actor_ref a = s.spawn_child(h);
  tell_all(a, {1});
  s.scheduler.run();
  CHECK(s.parent->not_started == 1);
  CHECK(s.parent->downs == reasons{stop_reason::unstarted});
  s.parent->on_down = [](actor_cell& child) { child.restart(); };
  a.cell().restart();
  s.scheduler.run();
  CHECK(s.parent->downs.size() == 2);
  CHECK(s.parent->started == 1);
  CHECK(seen == std::vector{1});
  CHECK(s.quiet());
}

TEST_CASE(
    "a source that fails leaves the actor down, and it can be tried "
    "again") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  tell_all(a, {poison, 1});
  s.scheduler.run();
  s.source->fails = true;
  a.cell().restart();
  s.scheduler.run();
  CHECK(s.parent->downs ==
        reasons{stop_reason::failed, stop_reason::unstarted});
  CHECK(s.parent->words == "nothing to start from");
  CHECK(a.cell().last_end() == stop_reason::unstarted);
  CHECK_FALSE(s.quiet());
  SUBCASE("and succeed") {
    s.source->fails = false;
    a.cell().restart();
    s.scheduler.run();
    CHECK(seen == std::vector{1});
  }
  SUBCASE("or ended") {
    a.cell().terminate();
    s.scheduler.run();
    CHECK(a.ended());
    CHECK(s.dead(dead_reason::stopped) == 1);
  }
  CHECK(s.quiet());
}

TEST_CASE(
    "what its code held is gone while an actor is down, and when it has "
    "ended") {
  stage s;
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> code = held;
  bool supervised = true;
  SUBCASE("down") {}
  SUBCASE("ended") {
    supervised = false;
  }
  spawn_options options;
  if (supervised) {
    options.parent = s.parent;
    options.source = make_ref_counted<testing::alike>(hooks{});
  }
  const actor_ref a = s.spawn({.message =
                                   [held](actor_cell& self, envelope&) {
                                     const turn_scope in_turn;
                                     self.stop_self();
                                   }},
                              options);
  held.reset();
  CHECK_FALSE(code.expired());
  tell_all(a, {1});
  s.scheduler.run();
  CHECK(code.expired());
  CHECK(a.ended() != supervised);
}

TEST_CASE("halt() ends the incarnation only, whoever it is") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  s.scheduler.run();
  tell_all(a, {1});
  a.cell().halt();
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(s.parent->downs == reasons{stop_reason::halted});
  a.cell().halt();  // it is down already
  a.cell().restart();
  a.cell().restart();  // one is enough
  s.scheduler.run();
  CHECK(seen == std::vector{1});
  CHECK(a.cell().restarts() == 1);
}

TEST_CASE("stop() from outside is final, also for a supervised actor") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  SUBCASE("running") {
    s.scheduler.run();
  }
  SUBCASE("down") {
    tell_all(a, {poison});
    s.scheduler.run();
  }
  SUBCASE("before its start") {}
  SUBCASE("about to be restarted") {
    tell_all(a, {poison});
    s.scheduler.run();
    a.cell().restart();
  }
  tell_all(a, {1});
  a.stop();
  s.scheduler.run();
  CHECK(a.ended());
  CHECK(seen.empty());
  CHECK(s.parent->ends == reasons{stop_reason::stopped});
  CHECK(s.dead(dead_reason::stopped) == 1);
  CHECK(s.quiet());
}

TEST_CASE(
    "terminate() of an actor that is down ends it as what it went down "
    "of") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  tell_all(a, {poison, 1, 2});
  s.scheduler.run();
  a.cell().terminate();
  s.scheduler.run();
  CHECK(s.parent->ends == reasons{stop_reason::failed});
  CHECK(a.cell().end_reason() == stop_reason::failed);
  CHECK(s.dead(dead_reason::stopped) == 2);
  CHECK(a.cell().when_ended().why().what.detail == "broken");
}

TEST_CASE("terminate() of a running actor is a shutdown") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  SUBCASE("that runs") {
    s.scheduler.run();
  }
  SUBCASE("that hasn't started") {}
  a.cell().terminate();
  s.scheduler.run();
  CHECK(s.parent->ends == reasons{stop_reason::shutdown});
  CHECK(s.parent->downs.empty());
}

TEST_CASE("a killed incarnation can be restarted, and killed again") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  for (int i = 1; i <= 3; ++i) {
    s.scheduler.run();
    a.kill();
    s.scheduler.run();
    CHECK(s.parent->downs.size() == static_cast<std::size_t>(i));
    CHECK(s.parent->downs.back() == stop_reason::killed);
    tell_all(a, {i});
    a.cell().restart();
  }
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2, 3});
  CHECK(s.system.dead().total() == 0);
}

TEST_CASE("a kill of an actor that is down doesn't hit its next incarnation") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  tell_all(a, {poison, 1});
  s.scheduler.run();
  a.kill();
  s.scheduler.run();
  a.cell().restart();
  s.scheduler.run();
  CHECK(seen == std::vector{1});
}

TEST_CASE("a kill that was delayed past a restart doesn't end the new one") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  s.scheduler.run();
  const auto meant = a.cell().incarnation_number();
  tell_all(a, {poison, 1});
  s.scheduler.run();
  SUBCASE("that has begun") {
    a.cell().restart();
    s.scheduler.run();
    a.cell().kill(meant);
  }
  SUBCASE("that is about to") {
    a.cell().restart();
    a.cell().kill(meant);
  }
  SUBCASE("that was ordered after it") {
    a.cell().kill(meant);
    a.cell().restart();
  }
  s.scheduler.run();
  tell_all(a, {2});
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2});
  CHECK(s.parent->downs == reasons{stop_reason::failed});
}

TEST_CASE("a kill after the order to restart is for the new incarnation") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn_child(noting(seen));
  tell_all(a, {poison, 1});
  s.scheduler.run();
  a.cell().restart();
  a.kill();
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(s.parent->downs == reasons{stop_reason::failed, stop_reason::killed});
}

// The code of the first incarnation is told to end; while it does, that one
// fails by itself, and the next begins, before kill() comes back.
TEST_CASE("a restart in the middle of a kill is not undone by the kill") {
  stage s;
  std::vector<int> seen;
  hooks h = noting(seen);
  const actor_ref* child = nullptr;
  bool once = true;
  h.interrupt = [&] {
    if (std::exchange(once, false)) {
      s.scheduler.run();
      child->cell().restart();
      s.scheduler.run();
    }
  };
  const actor_ref a = s.spawn_child(h);
  child = &a;
  s.scheduler.run();
  tell_all(a, {1});
  a.kill();
  tell_all(a, {2});
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2});
  CHECK(s.parent->downs == reasons{stop_reason::killed});
  CHECK(a.cell().restarts() == 1);
}

TEST_CASE("an actor that stops itself in its start has started, and ends") {
  stage s;
  hooks h;
  h.start = [](actor_cell& self) -> std::optional<fault> {
    const turn_scope in_turn;
    self.stop_self();
    return std::nullopt;
  };
  const actor_ref a = s.spawn(h);
  tell_all(a, {1});
  s.scheduler.run();
  CHECK(a.cell().started().has_value());
  CHECK(a.ended());
  CHECK(s.dead(dead_reason::stopped) == 1);
}

// Told by the registry as soon as the name is there, which is before the start.
void when_named(stage& s, const std::string& name,
                std::function<void(const actor_ref&)> f) {
  s.system.names().when_named(name)->on_done(
      [&s, name, f = std::move(f)] { f(s.system.lookup(name).value()); });
}

TEST_CASE("what comes to an unborn actor waits for its start") {
  stage s;
  std::vector<int> seen;
  hooks h = noting(seen);
  h.start = [&](actor_cell&) -> std::optional<fault> {
    seen.push_back(0);
    return std::nullopt;
  };
  when_named(s, "early", [&s](const actor_ref& a) {
    tell_all(a, {1, 2});
    s.scheduler.run();
  });
  s.spawn(h, {.name = "early"});
  CHECK(seen.empty());
  s.scheduler.run();
  CHECK(seen == std::vector{0, 1, 2});
}

TEST_CASE("an order to stop that overtakes the start isn't lost") {
  stage s;
  std::vector<int> seen;
  when_named(s, "early", [](const actor_ref& a) { a.stop(); });
  const actor_ref a = s.spawn(noting(seen), {.name = "early"});
  tell_all(a, {1});
  s.scheduler.run();
  CHECK(a.ended());
  CHECK(seen.empty());
  CHECK(a.cell().end_reason() == stop_reason::stopped);
  CHECK(s.dead(dead_reason::stopped) == 1);
}

}  // TEST_SUITE("incarnations")

}  // namespace
}  // namespace troupe
