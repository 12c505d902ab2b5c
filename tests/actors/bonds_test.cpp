// SPDX-License-Identifier: Apache-2.0
// Watches and links, over every interleaving that a seed gives.
#include "actors/cell/bonds.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::act;
using testing::broken;
using testing::hooks;
using testing::number_in;
using testing::stage;
using reasons = std::vector<stop_reason>;

constexpr std::uint64_t seeds = 50;

// What a message can order an actor to do.
enum order : int {
  do_watch,
  do_unwatch,
  do_link,
  do_unlink,
  do_trap,
  do_fail,
  do_stop,
  do_nothing
};

// Obeys orders about the actor `other`; notes what it hears.
struct party {
  // Its actor, which ends with the stage, may outlive it.
  struct heard {
    reasons ends;
    reasons downs;
    reasons exits;
    std::vector<std::string> down_names;
  };

  hooks make() {
    return {
        .message = [this](actor_cell& self, envelope& e) { obey(self, e); },
        .stop = [to = all](actor_cell&,
                           stop_reason reason) { to->ends.push_back(reason); },
        .down =
            [to = all](actor_cell&, const end_notice& what) {
              to->downs.push_back(what.reason());
              to->down_names.push_back(what.name());
            },
        .exit =
            [to = all](actor_cell&, const end_notice& what) {
              to->exits.push_back(what.reason());
            }};
  }

  void obey(actor_cell& self, envelope& e) {
    const turn_scope in_turn;
    ++handled;
    switch (number_in(e)) {
      case do_watch:
        return self.watch(other.cell());
      case do_unwatch:
        return self.unwatch(other.cell());
      case do_link:
        return self.link(other.cell());
      case do_unlink:
        return self.unlink(other.cell());
      case do_trap:
        return self.trap_exit(true);
      case do_fail:
        return self.fail(e, broken());
      case do_stop:
        return self.stop_self();
      default:
        return;
    }
  }

  actor_ref other{};
  int handled = 0;
  std::shared_ptr<heard> all = std::make_shared<heard>();
  reasons& downs = all->downs;
  std::vector<std::string>& down_names = all->down_names;
  reasons& exits = all->exits;
  reasons& ends = all->ends;
};

void order_all(const actor_ref& to, std::initializer_list<order> orders) {
  for (const int one : orders) {
    to.tell(payload::of(one));
  }
}

// Two actors that know each other.
struct pair_of {
  explicit pair_of(std::uint64_t seed) : s{seed} {
    x = s.spawn(one.make(), {.name = "x"});
    y = s.spawn(two.make(), {.name = "y"});
    one.other = y;
    two.other = x;
    s.scheduler.run();
  }
  ~pair_of() {
    one.other = {};
    two.other = {};
  }
  pair_of(const pair_of&) = delete;
  pair_of& operator=(const pair_of&) = delete;

  stage s;
  party one;
  party two;
  actor_ref x;
  actor_ref y;
};

TEST_SUITE("watches") {

TEST_CASE("the notice of an end comes once, with name and reason") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    pair_of p{seed};
    order_all(p.x, {do_watch, do_watch});
    p.s.scheduler.run();
    order_all(p.y, {do_fail});
    p.s.scheduler.run();
    CHECK(p.one.downs == reasons{stop_reason::failed});
    CHECK(p.one.down_names == std::vector<std::string>{"y"});
  }
}

TEST_CASE("the notice comes after the last message of the one that ended") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    stage s{seed};
    std::vector<int> seen;
    actor_ref watcher;
    const actor_ref mortal =
        s.spawn({.message =
                     [&](actor_cell& self, envelope&) {
                       const turn_scope in_turn;
                       watcher.tell(payload::of(1));
                       watcher.tell(payload::of(2));
                       self.stop_self();
                     },
                 .stop = [&](actor_cell&,
                             stop_reason) { watcher.tell(payload::of(3)); }});
    watcher = s.spawn(
        {.message = [&](actor_cell&,
                        envelope& e) { seen.push_back(number_in(e)); },
         .start = [&](actor_cell& self) -> std::optional<fault> {
           const turn_scope in_turn;
           self.watch(mortal.cell());
           return std::nullopt;
         },
         .down = [&](actor_cell&, const end_notice&) { seen.push_back(9); }});
    s.scheduler.run();
    mortal.tell(payload::of(0));
    s.scheduler.run();
    CHECK(seen == std::vector{1, 2, 3, 9});
    watcher = {};
  }
}

TEST_CASE("to watch an actor that has ended brings the notice at once") {
  pair_of p{1};
  p.y.kill();
  p.s.scheduler.run();
  order_all(p.x, {do_watch});
  p.s.scheduler.run();
  CHECK(p.one.downs == reasons{stop_reason::killed});
}

TEST_CASE("after unwatch() no notice comes, even if it is in the mailbox") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    pair_of p{seed};
    order_all(p.x, {do_watch});
    p.s.scheduler.run();
    p.y.stop();
    order_all(p.x, {do_unwatch});
    p.s.scheduler.run();
    CHECK(p.one.downs.size() <= 1);  // it may have come before
    order_all(p.x, {do_watch, do_unwatch});
    const auto before = p.one.downs.size();
    p.s.scheduler.run();
    CHECK(p.one.downs.size() == before);
  }
}

TEST_CASE("a watch after an unwatch counts once") {
  pair_of p{1};
  p.y.stop();
  p.s.scheduler.run();
  order_all(p.x, {do_watch, do_unwatch, do_watch});
  p.s.scheduler.run();
  CHECK(p.one.downs.size() == 1);
}

TEST_CASE("two that watch each other and end at the same time both end") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    pair_of p{seed};
    order_all(p.x, {do_watch});
    order_all(p.y, {do_watch});
    p.s.scheduler.run();
    p.x.kill();
    p.y.stop();
    p.s.scheduler.run();
    CHECK(p.x.ended());
    CHECK(p.y.ended());
    // The one whose end came second may have been told; nobody twice.
    CHECK(p.one.downs.size() + p.two.downs.size() <= 1);
    CHECK(p.s.system.dead().total() == 0);
  }
}

TEST_CASE("watches end with the incarnation that made them") {
  stage s;
  party one;
  const actor_ref y = s.spawn({});
  const actor_ref x = s.spawn_child(one.make());
  one.other = y;
  order_all(x, {do_watch, do_fail});
  s.scheduler.run();
  x.cell().restart();
  s.scheduler.run();
  y.stop();
  s.scheduler.run();
  CHECK(one.downs.empty());
}

TEST_CASE("who watches a supervised actor hears of its last end only") {
  stage s;
  party one;
  party two;
  const actor_ref y = s.spawn_child(two.make());
  const actor_ref x = s.spawn(one.make());
  one.other = y;
  order_all(x, {do_watch});
  s.scheduler.run();
  order_all(y, {do_fail});
  s.scheduler.run();
  CHECK(one.downs.empty());
  y.cell().restart();
  s.scheduler.run();
  y.stop();
  s.scheduler.run();
  CHECK(one.downs == reasons{stop_reason::stopped});
}

TEST_CASE("many watchers come and go while their actor ends, on threads" *
          doctest::timeout(60)) {
  for (int round = 0; round != 20; ++round) {
    thread_scheduler scheduler{{.workers = 4}};
    actor_system system{scheduler};
    std::atomic<int> watching{0};
    std::atomic<int> heard{0};
    const actor_ref mortal = system.spawn(act({})).value();
    std::vector<actor_ref> watchers;
    for (int i = 0; i != 24; ++i) {
      watchers.push_back(
          system
              .spawn(act(
                  {.message =
                       [&](actor_cell& self, envelope& e) {
                         const turn_scope in_turn;
                         self.watch(mortal.cell());
                         if (number_in(e) % 3 == 0) {
                           self.unwatch(mortal.cell());
                         } else {
                           ++watching;
                         }
                       },
                   .down = [&](actor_cell&, const end_notice&) { ++heard; }}))
              .value());
    }
    int i = 0;
    for (const actor_ref& w : watchers) {
      w.tell(payload::of(i++));
      if (i == 12) {
        mortal.stop();
      }
    }
    REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
    CHECK(heard == watching);
    system.begin_shutdown(std::chrono::seconds{10})->wait(std::nullopt);
  }
}

}  // TEST_SUITE("watches")

TEST_SUITE("links") {

TEST_CASE("an abnormal end takes those that are linked with it") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    pair_of p{seed};
    order_all(p.x, {do_link});
    p.s.scheduler.run();
    if (seed % 3 == 0) {
      order_all(p.y, {do_fail});
    } else {
      (seed % 3 == 1 ? p.x : p.y).kill();  // from either side
    }
    p.s.scheduler.run();
    CHECK(p.x.ended());
    CHECK(p.y.ended());
  }
}

TEST_CASE("a normal end doesn't") {
  pair_of p{1};
  order_all(p.x, {do_link});
  p.s.scheduler.run();
  SUBCASE("stopped from outside") {
    p.y.stop();
  }
  SUBCASE("stopped by itself") {
    order_all(p.y, {do_stop});
  }
  p.s.scheduler.run();
  CHECK(p.y.ended());
  CHECK_FALSE(p.x.ended());
  order_all(p.x, {do_nothing});
  p.s.scheduler.run();
  CHECK(p.one.handled == 2);
}

TEST_CASE("whoever traps exits hears of all ends, and lives on") {
  pair_of p{1};
  order_all(p.x, {do_trap, do_link});
  p.s.scheduler.run();
  SUBCASE("normal") {
    p.y.stop();
    p.s.scheduler.run();
    CHECK(p.one.exits == reasons{stop_reason::stopped});
  }
  SUBCASE("abnormal") {
    order_all(p.y, {do_fail});
    p.s.scheduler.run();
    CHECK(p.one.exits == reasons{stop_reason::failed});
  }
  CHECK_FALSE(p.x.ended());
}

TEST_CASE("after unlink() the ends are apart again, whoever calls it") {
  pair_of p{1};
  order_all(p.x, {do_link});
  p.s.scheduler.run();
  SUBCASE("the one that linked") {
    order_all(p.x, {do_unlink});
  }
  SUBCASE("the other") {
    order_all(p.y, {do_unlink});
  }
  p.s.scheduler.run();
  p.y.kill();
  p.s.scheduler.run();
  CHECK_FALSE(p.x.ended());
}

TEST_CASE("a link to an actor that has ended takes effect at once") {
  pair_of p{1};
  order_all(p.y, {do_fail});
  p.s.scheduler.run();
  order_all(p.x, {do_link});
  p.s.scheduler.run();
  CHECK(p.x.ended());
  CHECK(p.one.ends == reasons{stop_reason::failed});
}

TEST_CASE("a link to an actor that is down holds for the end that follows") {
  stage s;
  party one;
  party two;
  const actor_ref y = s.spawn_child(two.make());
  const actor_ref x = s.spawn(one.make());
  one.other = y;
  order_all(y, {do_fail});
  s.scheduler.run();
  order_all(x, {do_link});
  s.scheduler.run();
  CHECK_FALSE(x.ended());
  y.cell().terminate();
  s.scheduler.run();
  CHECK(x.ended());
}

TEST_CASE("a chain of links falls from end to end") {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    stage s{seed};
    std::vector<party> parties(12);
    std::vector<actor_ref> chain;
    for (party& p : parties) {
      chain.push_back(s.spawn(p.make()));
    }
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
      parties[i].other = chain[i + 1];
      order_all(chain[i], {do_link});
    }
    s.scheduler.run();
    chain[seed % chain.size()].kill();
    s.scheduler.run();
    for (const actor_ref& a : chain) {
      CHECK(a.ended());
    }
  }
}

TEST_CASE("links that form while one of the two ends leave nobody behind" *
          doctest::timeout(60)) {
  for (int round = 0; round != 40; ++round) {
    thread_scheduler scheduler{{.workers = 4}};
    actor_system system{scheduler};
    const actor_ref mortal = system.spawn(act({})).value();
    std::vector<actor_ref> others;
    for (int i = 0; i != 16; ++i) {
      others.push_back(system
                           .spawn(act({.message =
                                           [&](actor_cell& self, envelope&) {
                                             const turn_scope in_turn;
                                             self.link(mortal.cell());
                                           }}))
                           .value());
    }
    int i = 0;
    for (const actor_ref& other : others) {
      other.tell(payload::of(0));
      if (++i == 8) {
        mortal.kill();
      }
    }
    REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
    for (const actor_ref& other : others) {
      CHECK(other.ended());
    }
    CHECK(system.begin_shutdown(std::chrono::seconds{10})->wait(std::nullopt) ==
          wait_result::done);
  }
}

}  // TEST_SUITE("links")

}  // namespace
}  // namespace troupe
