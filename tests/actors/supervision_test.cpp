// SPDX-License-Identifier: Apache-2.0
#include "actors/supervision/supervision.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/actors/supervised_world.hpp"

namespace troupe {
namespace {

using testing::supervised_world;
using namespace std::chrono_literals;

using words = std::vector<std::string>;

supervision_terms with(restart_strategy strategy,
                       std::optional<unsigned> max_restarts = 1,
                       std::chrono::nanoseconds within = 5s) {
  supervision_terms terms;
  terms.strategy = strategy;
  terms.max_restarts = max_restarts;
  terms.within = within;
  terms.backoff.at_once = 1000;  // but where a case is about it
  return terms;
}

/// Of one strategy, with children a, b, c that have started.
supervised_world three(supervision_terms terms,
                       restart_policy restart = restart_policy::permanent) {
  supervised_world w{terms};
  w.add({"a", "b", "c"}, restart);
  w.start();
  w.seen();
  return w;
}

TEST_SUITE("supervision") {

// --- start and stop

TEST_CASE("without children it starts and stops all the same") {
  supervised_world w;
  w.start();
  CHECK(w.seen() == words{"up"});
  w.stop();
  CHECK(w.seen() == words{"done"});
  CHECK(w.decides.how() == supervision::outcome::stopped);
}

TEST_CASE("each child starts when the one before it has") {
  supervised_world w;
  w.add({"a", "b", "c"});
  w.slow = {"b"};
  w.start();
  CHECK(w.seen() == words{"start a", "start b"});
  w.finish_start("b");
  CHECK(w.seen() == words{"start c", "up"});
}

TEST_CASE("children stop in the reverse order of their start, one by one") {
  auto w = three({});
  w.deaf = {"b"};
  w.stop();
  CHECK(w.seen() == words{"halt c", "halt b"});
  w.exits("b", child_exit::normal);
  CHECK(w.seen() == words{"halt a", "done"});
  CHECK(w.alive.empty());
}

TEST_CASE("a child that can't start ends those before it, in reverse order") {
  supervised_world w;
  w.add({"a", "b", "c", "d"});
  w.unstartable = {"c"};
  w.start();
  CHECK(w.seen() ==
        words{"start a", "start b", "start c", "halt b", "halt a", "done"});
  CHECK(w.decides.how() == supervision::outcome::unstarted);
  CHECK(w.decides.culprit() == "c");
}

TEST_CASE("two children of one name are refused") {
  supervised_world w;
  w.add({"a"});
  const auto twice = w.decides.add({.name = "a"});
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().code == errc::already_exists);
}

TEST_CASE("a stop while it starts ends what has begun") {
  supervised_world w;
  w.add({"a", "b", "c"});
  w.slow = {"b"};
  w.deaf = {"b"};
  w.start();
  w.seen();
  w.stop();
  CHECK(w.seen() == words{"halt b"});
  w.finish_start("b");  // too late, it is to stop
  w.exits("b", child_exit::normal);
  CHECK(w.seen() == words{"halt a", "done"});
}

TEST_CASE("it can start again after its end, with the same children") {
  auto w = three({});
  w.stop();
  w.seen();
  w.start();
  CHECK(w.seen() == words{"start a", "start b", "start c", "up"});
}

// --- permanent, transient and temporary, by strategy

TEST_CASE("which ends lead to a restart") {
  struct line {
    restart_policy policy;
    child_exit how;
    bool again;
  };
  const line table[] = {
      {restart_policy::permanent, child_exit::normal, true},
      {restart_policy::permanent, child_exit::abnormal, true},
      {restart_policy::permanent, child_exit::final, false},
      {restart_policy::transient, child_exit::normal, false},
      {restart_policy::transient, child_exit::abnormal, true},
      {restart_policy::transient, child_exit::final, false},
      {restart_policy::temporary, child_exit::normal, false},
      {restart_policy::temporary, child_exit::abnormal, false},
      {restart_policy::temporary, child_exit::final, false},
  };
  for (const auto strategy :
       {restart_strategy::one_for_one, restart_strategy::one_for_all,
        restart_strategy::rest_for_one, restart_strategy::simple_one_for_one}) {
    for (const line& l : table) {
      CAPTURE(to_string(strategy));
      CAPTURE(to_string(l.policy));
      supervised_world w{with(strategy)};
      w.add({"a"}, l.policy);
      w.start();
      w.seen();
      w.exits("a", l.how);
      const bool keeps_terms = l.policy != restart_policy::temporary &&
                               strategy != restart_strategy::simple_one_for_one;
      CHECK(w.seen() == (l.again       ? words{"start a"}
                         : keeps_terms ? words{"release a"}
                                       : words{"forget a"}));
      CHECK((w.state("a") == child_state::running) == l.again);
    }
  }
}

TEST_CASE("one_for_one restarts the one that ended, and no other") {
  auto w = three(with(restart_strategy::one_for_one));
  w.fails("b");
  CHECK(w.seen() == words{"start b"});
}

TEST_CASE("one_for_one restarts several at the same time") {
  auto w = three(with(restart_strategy::one_for_one, 10));
  w.slow = {"a", "c"};
  w.fails("a");
  w.fails("c");
  CHECK(w.seen() == words{"start a", "start c"});
}

TEST_CASE("one_for_all stops the others in reverse, then starts all in order") {
  auto w = three(with(restart_strategy::one_for_all));
  w.fails("b");
  CHECK(w.seen() == words{"halt c", "halt a", "start a", "start b", "start c"});
}

TEST_CASE("rest_for_one restarts the one that ended and those after it") {
  auto w = three(with(restart_strategy::rest_for_one, 10));
  w.fails("b");
  CHECK(w.seen() == words{"halt c", "start b", "start c"});
  w.fails("c");
  CHECK(w.seen() == words{"start c"});
  w.fails("a");
  CHECK(w.seen() == words{"halt c", "halt b", "start a", "start b", "start c"});
}

TEST_CASE("a temporary child of a group is not started again with it") {
  supervised_world w{with(restart_strategy::one_for_all)};
  w.add({"a"});
  w.add({"b"}, restart_policy::temporary);
  w.start();
  w.seen();
  w.fails("a");
  CHECK(w.seen() == words{"halt b", "forget b", "start a"});
}

TEST_CASE("a temporary bystander before the one that ended goes on") {
  supervised_world w{with(restart_strategy::rest_for_one)};
  w.add({"a"}, restart_policy::temporary);
  w.add({"b", "c"});
  w.start();
  w.seen();
  w.fails("b");
  CHECK(w.seen() == words{"halt c", "start b", "start c"});
  CHECK(w.alive == std::set<std::string>{"a", "b", "c"});
}

TEST_CASE("a transient child that was done starts again with its group") {
  supervised_world w{with(restart_strategy::one_for_all)};
  w.add({"a"});
  w.add({"b"}, restart_policy::transient);
  w.start();
  w.exits("b", child_exit::normal);
  w.seen();
  w.fails("a");
  CHECK(w.seen() == words{"start a", "start b"});
}

TEST_CASE("one that fails while its group starts begins the whole anew") {
  auto w = three(with(restart_strategy::one_for_all, 10));
  w.slow = {"c"};
  w.fails("a");
  CHECK(w.seen() == words{"halt c", "halt b", "start a", "start b", "start c"});
  w.deaf = {"c"};
  w.fails("b");
  CHECK(w.seen() == words{"halt c"});
  w.slow.clear();
  w.deaf.clear();
  w.exits("c", child_exit::normal);
  CHECK(w.seen() == words{"halt a", "start a", "start b", "start c"});
}

TEST_CASE("a restart that fails counts, and is tried again") {
  SUBCASE("one_for_one") {
    auto w = three(with(restart_strategy::one_for_one, 3));
    w.unstartable = {"b"};
    w.fails("b");
    CHECK(w.seen() ==
          words{"start b", "start b", "start b", "halt c", "halt a", "done"});
    CHECK(w.decides.how() == supervision::outcome::gave_up);
  }
  SUBCASE("one_for_all") {
    auto w = three(with(restart_strategy::one_for_all, 2));
    w.unstartable = {"b"};
    w.fails("b");
    CHECK(w.seen() == words{"halt c", "halt a", "start a", "start b", "halt a",
                            "start a", "start b", "halt a", "done"});
  }
  SUBCASE("rest_for_one goes on from the child whose start failed") {
    auto w = three(with(restart_strategy::rest_for_one, 2));
    w.unstartable = {"b"};
    w.fails("a");
    CHECK(w.seen() == words{"halt c", "halt b", "start a", "start b", "start b",
                            "halt a", "done"});
  }
}

// --- intensity

TEST_CASE("more restarts than allowed within the period: it gives up") {
  auto w = three(with(restart_strategy::one_for_one, 2));
  w.fails("a");
  w.fails("b");
  w.seen();
  w.fails("c");
  CHECK(w.seen() == words{"halt b", "halt a", "done"});
  CHECK(w.decides.how() == supervision::outcome::gave_up);
  CHECK(w.decides.culprit() == "c");
}

TEST_CASE("the period slides") {
  auto w = three(with(restart_strategy::one_for_one, 1));
  for (int i = 0; i < 20; ++i) {
    w.fails("a");
    w.advance(5s + 1ns);
  }
  CHECK(w.state("a") == child_state::running);
  w.fails("a");
  w.advance(5s);
  w.fails("a");
  CHECK(w.decides.how() == supervision::outcome::gave_up);
}

TEST_CASE("no restart at all is allowed with a limit of 0") {
  auto w = three(with(restart_strategy::one_for_one, 0));
  w.fails("a");
  CHECK(w.seen() == words{"halt c", "halt b", "done"});
}

TEST_CASE("without a limit it never gives up") {
  auto w = three(with(restart_strategy::one_for_all, std::nullopt));
  for (int i = 0; i < 1000; ++i) {
    w.fails("b");
  }
  CHECK(w.alive.size() == 3);
  CHECK(w.decides.find("b")->restarts == 1000);
  CHECK(w.decides.find("a")->restarts == 0);
}

TEST_CASE("a normal end that leads to no restart doesn't count") {
  auto w =
      three(with(restart_strategy::one_for_one, 0), restart_policy::transient);
  w.exits("a", child_exit::normal);
  w.exits("b", child_exit::normal);
  CHECK(w.state("c") == child_state::running);
}

TEST_CASE("a restarted supervisor counts from zero") {
  auto w = three(with(restart_strategy::one_for_one, 1));
  w.fails("a");
  w.fails("a");
  w.start();
  w.seen();
  w.fails("a");
  CHECK(w.seen() == words{"start a"});
}

TEST_CASE("giving up escalates in every strategy, all children stopped") {
  for (const auto strategy :
       {restart_strategy::one_for_one, restart_strategy::one_for_all,
        restart_strategy::rest_for_one, restart_strategy::simple_one_for_one}) {
    CAPTURE(to_string(strategy));
    auto w = three(with(strategy));
    w.fails("a");
    w.fails("a");
    CHECK(w.alive.empty());
    CHECK(w.decides.now_in() == supervision::phase::over);
    CHECK(w.decides.how() == supervision::outcome::gave_up);
  }
}

// --- backoff

TEST_CASE("the first restart is at once, the next wait longer and longer") {
  supervision_terms terms = with(restart_strategy::one_for_one, std::nullopt);
  terms.backoff = {.at_once = 1,
                   .initial = 100ms,
                   .maximum = 350ms,
                   .factor = 2.0,
                   .jitter = 0.0};
  auto w = three(terms);
  w.fails("a");
  CHECK(w.seen() == words{"start a"});
  for (const auto delay : {100ms, 200ms, 350ms, 350ms}) {
    w.fails("a");
    CHECK(w.state("a") == child_state::waiting);
    w.advance(delay - 1ns);
    CHECK(w.seen() == words{});
    w.advance(1ns);
    CHECK(w.seen() == words{"start a"});
  }
  w.advance(5s);  // it ran for a whole period
  w.fails("a");
  CHECK(w.seen() == words{"start a"});
}

TEST_CASE("jitter spreads the waits, and the seed decides how") {
  const backoff_terms terms{.at_once = 0,
                            .initial = 100ms,
                            .maximum = 10s,
                            .factor = 3.0,
                            .jitter = 0.5};
  CHECK(terms.delay(1, 0.0) == 50ms);
  CHECK(terms.delay(1, 0.5) == 100ms);
  CHECK(terms.delay(3, 0.5) == 900ms);
  CHECK(terms.delay(100000, 0.5) == 10s);
}

TEST_CASE("one_for_all waits once, with all its children stopped") {
  supervision_terms terms = with(restart_strategy::one_for_all, 10);
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  auto w = three(terms);
  w.fails("a");
  CHECK(w.seen() == words{"halt c", "halt b"});
  w.advance(1s);
  CHECK(w.seen() == words{"start a", "start b", "start c"});
}

TEST_CASE("a stop during the wait of a backoff is final") {
  supervision_terms terms = with(restart_strategy::one_for_one, 10);
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  auto w = three(terms);
  w.fails("a");
  w.stop();
  CHECK(w.seen() == words{"halt c", "halt b", "done"});
  w.advance(10s);
  CHECK(w.seen() == words{});
}

TEST_CASE("one stopped for good while it waits is not restarted") {
  supervision_terms terms = with(restart_strategy::one_for_one, 10);
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  auto w = three(terms);
  w.fails("a");
  w.exits("a", child_exit::final);
  w.advance(10s);
  CHECK(w.seen() == words{"release a"});
}

// --- shutdown

TEST_CASE("a child that doesn't stop in time is killed") {
  supervised_world w;
  w.add_one({.name = "a", .shutdown = 3s});
  w.start();
  w.deaf = {"a"};
  w.seen();
  w.stop();
  w.advance(3s - 1ns);
  CHECK(w.seen() == words{"halt a"});
  w.advance(1ns);
  CHECK(w.seen() == words{"kill a", "done"});
}

TEST_CASE("brutal kill asks nobody") {
  supervised_world w;
  w.add_one({.name = "a", .shutdown = 0s});
  w.start();
  w.seen();
  w.stop();
  CHECK(w.seen() == words{"kill a", "done"});
}

TEST_CASE("an infinite deadline waits for as long as it takes") {
  supervised_world w;
  w.add_one({.name = "a", .shutdown = std::nullopt});
  w.start();
  w.deaf = {"a"};
  w.seen();
  w.stop();
  w.advance(1000h);
  CHECK(w.seen() == words{"halt a"});
  w.exits("a", child_exit::normal);
  CHECK(w.seen() == words{"done"});
}

TEST_CASE("a child that can't even be killed is left behind, and told") {
  auto w = three({});
  w.deaf = w.stuck = {"b"};
  w.stop();
  w.advance(1min);
  CHECK(w.seen() ==
        words{"halt c", "halt b", "kill b", "forsake b", "halt a", "done"});
}

TEST_CASE("a stuck child doesn't hold up its group, and joins it later") {
  auto w = three(with(restart_strategy::one_for_all));
  w.deaf = w.stuck = {"b"};
  w.fails("a");
  w.advance(1min);
  CHECK(w.seen() ==
        words{"halt c", "halt b", "kill b", "forsake b", "start a", "start c"});
  CHECK(w.state("b") == child_state::stuck);
  w.comes_loose("b");
  CHECK(w.seen() == words{"start b"});
}

// --- operations

TEST_CASE("start_child adds one at the end, and answers when it has started") {
  auto w = three({});
  w.slow = {"d"};
  CHECK(w.start_child({.name = "d"}));
  CHECK(w.seen() == words{"start d"});
  w.finish_start("d");
  CHECK(w.seen() == words{"fine d"});
  w.stop();
  CHECK(w.seen() ==
        words{"halt d", "forget d", "halt c", "halt b", "halt a", "done"});
}

TEST_CASE("a started child whose start fails is forgotten, and doesn't count") {
  for (const auto strategy :
       {restart_strategy::one_for_one, restart_strategy::one_for_all,
        restart_strategy::simple_one_for_one}) {
    auto w = three(with(strategy, 0));
    w.unstartable = {"d"};
    CHECK(w.start_child({.name = "d"}));
    CHECK(w.seen() == words{"start d", "not fine d", "forget d"});
    CHECK(w.decides.find("d") == nullptr);
    CHECK(w.alive.size() == 3);
  }
}

TEST_CASE("start_child refuses a name that is there") {
  auto w = three({});
  CHECK_FALSE(w.start_child({.name = "a"}));
  w.terminate("a");
  CHECK_FALSE(w.start_child({.name = "a"}));
  REQUIRE(w.decides.delete_child("a").has_value());
  w.settle();
  CHECK(w.start_child({.name = "a"}));
}

TEST_CASE("terminate_child stops one for as long as nobody restarts it") {
  auto w = three({});
  CHECK(w.terminate("b"));
  CHECK(w.seen() == words{"halt b", "fine b", "release b"});
  CHECK(w.terminate("b"));  // again: it is
  w.seen();
  CHECK(w.restart("b"));
  CHECK(w.seen() == words{"start b", "fine b"});
}

TEST_CASE("terminate_child forgets a temporary one") {
  auto w = three({}, restart_policy::temporary);
  CHECK(w.terminate("b"));
  CHECK(w.seen() == words{"halt b", "fine b", "forget b"});
  CHECK_FALSE(w.terminate("b"));
}

TEST_CASE("a terminated child doesn't come back with its group") {
  auto w = three(with(restart_strategy::one_for_all));
  w.terminate("b");
  w.seen();
  w.fails("a");
  CHECK(w.seen() == words{"halt c", "start a", "start c"});
}

TEST_CASE("a child terminated while it starts answers both who wait") {
  auto w = three({});
  w.slow = {"d"};
  w.start_child({.name = "d"});
  w.seen();
  CHECK(w.terminate("d"));
  CHECK(w.seen() == words{"not fine d", "halt d", "fine d", "release d"});
}

TEST_CASE("a child terminated while it waits for its restart stays down") {
  supervision_terms terms = with(restart_strategy::one_for_one, 10);
  terms.backoff = {.at_once = 0, .initial = 1s, .jitter = 0.0};
  auto w = three(terms);
  w.fails("a");
  CHECK(w.terminate("a"));
  w.advance(10s);
  CHECK(w.seen() == words{"fine a", "release a"});
}

TEST_CASE("what operations refuse") {
  auto w = three({});
  const auto code = [](const auto& refused) {
    REQUIRE_FALSE(refused.has_value());
    return refused.error().code;
  };
  CHECK(code(w.decides.restart_child("a", w.now)) == errc::already_exists);
  CHECK(code(w.decides.restart_child("x", w.now)) == errc::not_found);
  CHECK(code(w.decides.terminate_child("x", w.now)) == errc::not_found);
  CHECK(code(w.decides.delete_child("x")) == errc::not_found);
  CHECK(code(w.decides.delete_child("a")) == errc::refused);
  w.slow = {"a"};
  w.fails("a");
  CHECK(code(w.decides.restart_child("a", w.now)) == errc::refused);
  w.stop();
  CHECK(code(w.decides.start_child({.name = "d"}, w.now)) == errc::stopped);
}

TEST_CASE("a restart_child that fails leaves it stopped, and doesn't count") {
  auto w = three(with(restart_strategy::one_for_one, 0));
  w.terminate("a");
  w.seen();
  w.unstartable = {"a"};
  CHECK(w.restart("a"));
  CHECK(w.seen() == words{"start a", "not fine a", "release a"});
  w.unstartable.clear();
  CHECK(w.restart("a"));
}

TEST_CASE("children that were added are gone when it starts again") {
  auto w = three(with(restart_strategy::one_for_one, 0));
  w.start_child({.name = "d"});
  w.fails("a");
  w.seen();
  w.start();
  CHECK(w.seen() == words{"start a", "start b", "start c", "up"});
}

// --- many alike

TEST_CASE("children of simple_one_for_one need no names, and stop together") {
  supervised_world w{with(restart_strategy::simple_one_for_one)};
  w.start();
  std::vector<child_key> keys;
  for (int i = 0; i < 3; ++i) {
    keys.push_back(w.decides.start_child({}, w.now).value());
    w.names[keys.back()] = "#" + std::to_string(i);
    w.keys["#" + std::to_string(i)] = keys.back();
    w.settle();
  }
  w.seen();
  CHECK(w.decides.terminate_child(keys[1], w.now).has_value());
  w.settle();
  CHECK(w.seen() == words{"halt #1", "fine #1", "forget #1"});
  w.deaf = {"#0", "#2"};
  w.stop();
  CHECK(w.seen() == words{"halt #2", "halt #0"});
}

TEST_CASE("one made for its children ends when it has none left") {
  supervision_terms terms;
  terms.ends_when_childless = true;
  supervised_world w{terms};
  w.add({"a"}, restart_policy::transient);
  w.start();
  w.fails("a");
  w.seen();
  w.exits("a", child_exit::normal);
  CHECK(w.seen() == words{"release a", "done"});
  CHECK(w.decides.how() == supervision::outcome::stopped);
}

// --- the supervisor itself is killed

TEST_CASE("a killed supervisor kills, and waits for that when it restarts") {
  auto w = three({});
  w.deaf = w.stuck = {"b"};
  w.decides.kill_all();
  w.settle();
  CHECK(w.seen() == words{"kill c", "kill b", "kill a"});
  w.start();
  CHECK(w.seen() == words{});
  w.comes_loose("b");
  CHECK(w.seen() == words{"start a", "start b", "start c", "up"});
}

TEST_CASE("a supervisor that was killed doesn't wait for ever for a child") {
  auto w = three({});
  w.deaf = w.stuck = {"b"};
  w.decides.kill_all();
  w.start();
  w.seen();
  w.advance(1min);
  CHECK(w.seen() == words{"forsake b", "start a", "start c", "up"});
}

}  // TEST_SUITE("supervision")

}  // namespace
}  // namespace troupe
