// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>

#include "actors/actor_system.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::alike;
using testing::hooks;
using testing::number_in;

constexpr int poison = -1;
constexpr int leave = -2;  // it stops itself

// A pool of routees that count, and note who counted what.
class stage {
public:
  explicit stage(pool_options options, std::uint64_t seed = 0)
      : scheduler{seed} {
    what = make_ref_counted<pool>(
        make_round_robin(), options,
        [this](std::size_t number, ref_ptr<child_observer> parent) {
          return make(number, std::move(parent));
        },
        [this](const std::string& words) { reports.push_back(words); });
    ref = system.spawn(what, {.name = "pool"}).value();
    scheduler.run();
  }
  ~stage() {
    system.begin_shutdown(seconds{1});
    scheduler.run();
  }

  result<actor_ref> make(std::size_t number, ref_ptr<child_observer> parent) {
    ++made;
    if (source_fails) {
      return make_error(errc::failed, "out of interpreters");
    }
    hooks h;
    h.start = [this](actor_cell&) {
      return start_fails ? std::optional{testing::broken("no such module")}
                         : std::nullopt;
    };
    h.message = [this](actor_cell& self, envelope& e) { handle(self, e); };
    return system.spawn(testing::act(h),
                        {.name = "pool-" + std::to_string(number),
                         .parent = std::move(parent),
                         .source = make_ref_counted<alike>(h)});
  }
  void handle(actor_cell& self, envelope& e) {
    const turn_scope in_turn;
    if (number_in(e) == poison) {
      return self.fail(e, testing::broken("a bad number"));
    }
    if (number_in(e) == leave) {
      return self.stop_self();
    }
    ++handled;
    seen[self.name()].push_back(number_in(e));
  }
  void tell(int n) {
    ref.tell(payload::of(n));
    scheduler.run();
  }
  bool quiet() { return system.when_quiet()->done(); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const actor_ref& r : what->routees()) {
      all.push_back(r.name());
    }
    return all;
  }

  bool source_fails = false;
  bool start_fails = false;
  int made = 0;
  int handled = 0;
  std::map<std::string, std::vector<int>> seen;
  std::vector<std::string> reports;
  manual_scheduler scheduler;
  actor_system system{scheduler};
  ref_ptr<pool> what;
  actor_ref ref;
};

TEST_SUITE("pool") {

TEST_CASE("a pool is ready when its routees have started") {
  stage s{{.size = 3}};
  CHECK(s.what->ready().has_value());
  CHECK(s.what->size() == 3);
  for (int i = 0; i != 6; ++i) {
    s.tell(i);
  }
  CHECK(s.handled == 6);
}

TEST_CASE("a routee that ends is restarted, the same ref with its mailbox") {
  stage s{{.size = 3}};
  const auto before = s.what->routees();
  SUBCASE("when it fails") {
    before[0].tell(payload::of(poison));
  }
  SUBCASE("when it stops itself") {
    before[0].tell(payload::of(leave));
  }
  SUBCASE("when it is killed") {
    before[0].kill();
  }
  for (int i = 1; i != 4; ++i) {
    before[0].tell(payload::of(i));
  }
  s.scheduler.run();
  CHECK(s.what->routees() == before);
  CHECK(before[0].cell().restarts() == 1);
  CHECK(s.seen[before[0].name()] == std::vector{1, 2, 3});
  CHECK(s.made == 3);
  CHECK(s.reports.empty());
}

TEST_CASE("a routee that is stopped for good is replaced under its name") {
  stage s{{.size = 3}};
  const auto before = s.what->routees();
  before[0].stop();
  s.scheduler.run();
  CHECK(s.made == 4);
  CHECK(before[0].ended());
  auto names = s.names();
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"pool-1", "pool-2", "pool-3"});
  s.tell(1);
  CHECK(s.handled == 1);
  CHECK(s.reports.empty());
}

TEST_CASE("a restart waits for its backoff, and what comes meanwhile too") {
  stage s{{.size = 1,
           .backoff = {.at_once = 0, .initial = seconds{1}, .jitter = 0}}};
  s.tell(poison);
  s.tell(1);
  CHECK(s.handled == 0);
  s.scheduler.advance(milliseconds{999});
  s.scheduler.run();
  CHECK(s.handled == 0);
  s.scheduler.advance(milliseconds{1});
  s.scheduler.run();
  CHECK(s.handled == 1);
  CHECK(s.system.dead().total() == 1);
}

TEST_CASE("a pool whose first routees can't start ends, and says why") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  int made = 0;
  const auto what = make_ref_counted<pool>(
      make_round_robin(), pool_options{.size = 3},
      [&](std::size_t, ref_ptr<child_observer> parent) {
        ++made;
        hooks h;
        h.start = [](actor_cell&) {
          return std::optional{testing::broken("no such module")};
        };
        return system.spawn(testing::act(h),
                            {.parent = std::move(parent),
                             .source = make_ref_counted<alike>(h)});
      },
      [](const std::string&) {});
  const auto ref = system.spawn(what).value();
  scheduler.run();
  REQUIRE(what->ready().done());
  CHECK(what->ready().why().what.detail == "no such module");
  CHECK(ref.ended());
  CHECK(made == 3);
  CHECK(system.actors().empty());
}

TEST_CASE("restarts have a limit; beyond it the pool ends, and says so") {
  stage s{{.size = 3, .max_restarts = 5}};
  const auto routees = s.what->routees();
  SUBCASE("when messages fail them") {
    for (int i = 0; i != 6; ++i) {
      CHECK_FALSE(s.ref.ended());
      s.tell(poison);
    }
  }
  SUBCASE("when they can't start any more") {
    s.start_fails = true;
    routees[0].kill();
    s.scheduler.run();
    CHECK(s.reports.back().find("no such module") != std::string::npos);
  }
  SUBCASE("when somebody stops them") {
    for (int i = 0; i != 6; ++i) {
      s.what->routees()[0].stop();
      s.scheduler.run();
    }
  }
  CHECK(s.ref.ended());
  CHECK(s.ref.cell().end_reason() == stop_reason::failed);
  REQUIRE_FALSE(s.ref.cell().when_ended().has_value());
  CHECK(s.ref.cell().when_ended().why().what.detail == s.reports.back());
  CHECK(s.reports.size() == 1);
  CHECK(s.reports.back().find("pool 'pool' gives up") == 0);
  CHECK(s.system.actors().empty());
  s.tell(1);
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
}

TEST_CASE("a pool without a limit never gives up") {
  stage s{
      {.size = 2, .max_restarts = std::nullopt, .backoff = {.at_once = 1000}}};
  for (int i = 0; i != 100; ++i) {
    s.tell(poison);
  }
  s.tell(1);
  CHECK(s.handled == 1);
}

TEST_CASE("a pool that can't grow goes on with the routees it has") {
  stage s{{.size = 2}};
  s.source_fails = true;
  REQUIRE(s.what->resize(4).has_value());
  s.scheduler.run();
  CHECK(s.what->size() == 2);
  CHECK(s.reports.back().find("out of interpreters") != std::string::npos);
  s.tell(1);
  CHECK(s.handled == 1);
  s.source_fails = false;
  REQUIRE(s.what->resize(3).has_value());
  s.scheduler.run();
  CHECK(s.what->size() == 3);
}

TEST_CASE("failures further apart than the period are no reason to give up") {
  stage s{{.size = 1, .max_restarts = 2, .within = seconds{10}}};
  for (int i = 0; i != 20; ++i) {
    s.tell(poison);
    s.scheduler.advance(seconds{6});
  }
  CHECK(s.what->size() == 1);
  CHECK(s.reports.empty());
}

TEST_CASE("resize() starts more, or lets some go when they are done") {
  stage s{{.size = 2}};
  REQUIRE(s.what->resize(4).has_value());
  s.scheduler.run();
  CHECK(s.what->size() == 4);
  const auto before = s.what->routees();
  before[3].tell(payload::of(1));
  REQUIRE(s.what->resize(1).has_value());
  s.scheduler.run();
  CHECK(s.what->size() == 1);
  CHECK(s.handled == 1);
  CHECK(before[3].ended());
  CHECK(s.made == 4);
  CHECK(s.what->resize(0).error().code == errc::invalid_argument);
}

TEST_CASE("a routee that is removed ends when it is done, and isn't replaced") {
  stage s{{.size = 3}};
  const actor_ref one = s.what->routees()[1];
  CHECK(s.what->remove(one));
  s.scheduler.run();
  CHECK(s.what->size() == 2);
  CHECK(one.ended());
  CHECK(s.made == 3);
}

TEST_CASE("one that leaves and fails does the rest in another incarnation") {
  stage s{{.size = 2}};
  const actor_ref one = s.what->routees()[1];
  for (const int n : {1, poison, 2, 3}) {
    one.tell(payload::of(n));
  }
  CHECK(s.what->remove(one));
  s.scheduler.run();
  CHECK(one.ended());
  CHECK(s.seen[one.name()] == std::vector{1, 2, 3});
  CHECK(s.made == 2);
}

TEST_CASE("a pool grows while mailboxes fill and shrinks while it is idle") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  const auto what = make_ref_counted<pool>(
      make_least_loaded(),
      pool_options{.size = 1, .elastic = true, .minimum = 1, .maximum = 3},
      [&](std::size_t, ref_ptr<child_observer> parent) {
        return system.spawn(testing::act({}),
                            {.parent = std::move(parent),
                             .source = make_ref_counted<alike>(hooks{})});
      },
      [](const std::string&) {});
  const auto ref = system.spawn(what).value();
  scheduler.run();
  // Nobody but the router takes a turn, so what it hands on stays waiting.
  for (int i = 0; i != 40; ++i) {
    ref.tell(payload::of(i));
  }
  ref.cell().resume();
  CHECK(what->size() == 1);
  scheduler.advance(milliseconds{100});
  ref.cell().resume();
  CHECK(what->size() == 1);  // once is not enough
  scheduler.advance(milliseconds{100});
  ref.cell().resume();
  scheduler.run();
  CHECK(what->size() == 2);
  for (int i = 0; i != 49; ++i) {
    scheduler.advance(milliseconds{100});
    scheduler.run();
  }
  CHECK(what->size() == 2);
  scheduler.advance(seconds{1});
  scheduler.run();
  for (int i = 0; i != 20; ++i) {
    scheduler.advance(milliseconds{100});
    scheduler.run();
  }
  CHECK(what->size() == 1);
  CHECK(what->resize(4).error().code == errc::invalid_argument);
  // At rest there is no timer: run_until_quiet() comes back.
  scheduler.run_until_quiet();
  system.begin_shutdown(seconds{1});
  scheduler.run();
}

TEST_CASE("the end of a pool is that of its routees, which end before it") {
  stage s{{.size = 2}};
  const auto routees = s.what->routees();
  routees[1].cell().when_ended().on_done([&] { CHECK_FALSE(s.ref.ended()); });
  for (const int n : {1, poison, 2, 3}) {
    routees[0].tell(payload::of(n));
  }
  SUBCASE("and handle what they have got, in another incarnation if need be") {
    s.ref.stop();
    s.scheduler.run();
    CHECK(s.handled == 3);
    CHECK(s.made == 2);
  }
  SUBCASE("or don't") {
    s.what->drop_what_waits();
    s.ref.stop();
    s.scheduler.run();
    CHECK(s.handled + static_cast<int>(s.system.dead().total()) == 4);
  }
  CHECK(s.ref.ended());
  CHECK(routees[0].ended());
  CHECK(routees[1].ended());
  CHECK(s.system.actors().empty());
  CHECK(s.quiet());
}

TEST_CASE("a pool that ends doesn't wait for a backoff") {
  stage s{{.size = 2, .backoff = {.at_once = 0, .initial = seconds{1}}}};
  const actor_ref one = s.what->routees()[0];
  for (const int n : {poison, 1, 2}) {
    one.tell(payload::of(n));
  }
  s.scheduler.run();
  CHECK(one.cell().state() == actor_cell::life::down);
  s.ref.stop();
  s.scheduler.run();
  CHECK(s.handled == 2);
  CHECK(s.ref.ended());
  CHECK(s.quiet());
}

TEST_CASE("a killed pool takes its routees along, also those that are down") {
  stage s{{.size = 2, .backoff = {.at_once = 0, .initial = seconds{1}}}};
  const auto routees = s.what->routees();
  routees[0].kill();
  s.scheduler.run();
  CHECK(routees[0].cell().state() == actor_cell::life::down);
  s.ref.kill();
  s.scheduler.run();
  CHECK(s.system.actors().empty());
  CHECK(s.quiet());
}

TEST_CASE("a message to a pool that ends is a dead letter") {
  stage s{{.size = 1}};
  const auto routee = s.what->routees()[0];
  routee.tell(payload::of(1));
  s.ref.stop();
  CHECK(s.scheduler.step());
  s.ref.tell(payload::of(2));
  s.scheduler.run();
  CHECK(static_cast<std::uint64_t>(s.handled) + s.system.dead().total() == 2);
}

TEST_CASE("at the end of the system nothing is replaced or complained of") {
  stage s{{.size = 4}};
  s.system.begin_shutdown(seconds{1});
  s.scheduler.run();
  CHECK(s.made == 4);
  CHECK(s.reports.empty());
  CHECK(s.system.actors().empty());
}

TEST_CASE("only what fails a routee is lost, over many interleavings") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    stage s{{.size = 3, .max_restarts = 1000, .backoff = {.at_once = 1000}},
            seed};
    std::mt19937_64 random{seed};
    int poisoned = 0;
    for (int sent = 0; sent != 300; ++sent) {
      const bool bad = random() % 20 == 0;
      poisoned += bad;
      s.ref.tell(payload::of(bad ? poison : 1));
      for (auto n = random() % 4; n != 0 && s.scheduler.step(); --n) {
      }
      if (random() % 30 == 0) {
        static_cast<void>(s.what->resize(1 + random() % 5));
      }
    }
    s.scheduler.run();
    CHECK(s.handled + poisoned == 300);
    CHECK(s.system.dead().total() == static_cast<std::uint64_t>(poisoned));
  }
}

TEST_CASE("only what fails a routee is lost, on threads" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 3}};
  actor_system system{scheduler};
  std::atomic<std::uint64_t> handled{0};
  const hooks h{.message = [&](actor_cell& self, envelope& e) {
    const turn_scope in_turn;
    if (number_in(e) == poison) {
      return self.fail(e, testing::broken());
    }
    ++handled;
  }};
  const auto what = make_ref_counted<pool>(
      make_round_robin(),
      pool_options{.size = 3,
                   .max_restarts = std::nullopt,
                   .backoff = {.at_once = 100000}},
      [&](std::size_t number, ref_ptr<child_observer> parent) {
        return system.spawn(testing::act(h),
                            {.name = "pool-" + std::to_string(number),
                             .parent = std::move(parent),
                             .source = make_ref_counted<alike>(h)});
      },
      [](const std::string&) {});
  const auto ref = system.spawn(what).value();
  REQUIRE(what->ready().wait(std::nullopt) == wait_result::done);
  const auto routees = what->routees();
  for (int i = 1; i <= 3000; ++i) {
    ref.tell(payload::of(i % 50 == 0 ? poison : 1));
  }
  REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
  CHECK(handled == 2940);
  CHECK(system.dead().total() == 60);
  CHECK(what->routees() == routees);
  system.begin_shutdown(seconds{10})->wait(std::nullopt);
}

}  // TEST_SUITE("pool")

}  // namespace
}  // namespace troupe
