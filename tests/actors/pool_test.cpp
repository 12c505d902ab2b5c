// SPDX-License-Identifier: Apache-2.0
#include "actors/routing/pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>

#include "actors/actor_system.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::make_scripted;
using testing::number_in;

// A pool of routees that count; a negative number fails them.
class stage {
public:
  explicit stage(pool_options options, std::uint64_t seed = 0)
      : scheduler{seed} {
    what = make_ref_counted<pool>(
        make_round_robin(), options,
        [this](std::size_t number) { return make(number); },
        [this](const std::string& words) { reports.push_back(words); });
    ref = system.spawn(what, {.name = "pool"}).value();
    scheduler.run();
  }
  ~stage() {
    system.begin_shutdown(seconds{1});
    scheduler.run();
  }

  result<actor_ref> make(std::size_t number) {
    ++made;
    if (source_fails) {
      return make_error(errc::failed, "out of interpreters");
    }
    return system.spawn(
        make_scripted(
            [this](actor_cell& self, envelope& e) {
              const turn_scope in_turn;
              if (number_in(e) < 0) {
                self.fail(e, {make_error(errc::failed, "a bad number"), {}});
                return;
              }
              ++handled;
            },
            [](stop_reason) {},
            start_fails ? std::optional{fault{
                              make_error(errc::failed, "no such module"), {}}}
                        : std::nullopt),
        {.name = "pool-" + std::to_string(number)});
  }
  void tell(int n) {
    ref.tell(payload::of(n));
    scheduler.run();
  }
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

TEST_CASE("a routee that ends is replaced by one of the same number") {
  stage s{{.size = 3}};
  const auto before = s.what->routees();
  SUBCASE("when it fails") {
    s.tell(-1);
  }
  SUBCASE("when it is stopped") {
    before[0].stop();
    s.scheduler.run();
  }
  SUBCASE("when it is killed") {
    before[0].kill();
    s.scheduler.run();
  }
  CHECK(s.what->size() == 3);
  CHECK(s.made == 4);
  auto names = s.names();
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"pool-1", "pool-2", "pool-3"});
  s.tell(1);
  CHECK(s.handled == 1);
  CHECK(s.reports.empty());
}

TEST_CASE("a pool whose first routees can't start ends, and says why") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  int made = 0;
  const auto what = make_ref_counted<pool>(
      make_round_robin(), pool_options{.size = 3},
      [&](std::size_t) -> result<actor_ref> {
        ++made;
        return system.spawn(make_scripted(
            [](actor_cell&, envelope&) {}, [](stop_reason) {},
            fault{make_error(errc::failed, "no such module"), {}}));
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

TEST_CASE("replacing has a limit; a pool without routees fails") {
  stage s{{.size = 2, .replacements = 5}};
  s.start_fails = true;
  const auto waiting = s.what->routees();
  waiting[0].stop();
  waiting[1].stop();
  s.scheduler.run();
  CHECK(s.made == 2 + 5);
  CHECK(s.ref.ended());
  REQUIRE_FALSE(s.reports.empty());
  CHECK(s.reports.back().find("no such module") != std::string::npos);
  CHECK_FALSE(s.ref.cell().when_ended().has_value());
  s.tell(1);
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
}

TEST_CASE("a pool beyond its limit goes on with the routees it has") {
  stage s{{.size = 3, .replacements = 2}};
  for (int i = 0; i != 3; ++i) {
    s.what->routees()[0].kill();
    s.scheduler.run();
  }
  CHECK(s.what->size() == 2);
  CHECK(s.reports.size() == 1);
  s.tell(1);
  CHECK(s.handled == 1);
  SUBCASE("and recovers when it is told to") {
    REQUIRE(s.what->resize(3).has_value());
    s.scheduler.run();
    CHECK(s.what->size() == 3);
  }
  SUBCASE("and when a source fails too") {
    s.source_fails = true;
    REQUIRE(s.what->resize(4).has_value());
    s.scheduler.run();
    CHECK(s.what->size() == 2);
    CHECK(s.reports.back().find("out of interpreters") != std::string::npos);
  }
}

TEST_CASE("failures further apart than the period are no reason to give up") {
  stage s{{.size = 1, .replacements = 2, .period = seconds{10}}};
  for (int i = 0; i != 20; ++i) {
    s.tell(-1);
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

TEST_CASE("a pool grows while mailboxes fill and shrinks while it is idle") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  const auto what = make_ref_counted<pool>(
      make_least_loaded(),
      pool_options{.size = 1, .elastic = true, .minimum = 1, .maximum = 3},
      [&](std::size_t) {
        return system.spawn(make_scripted([](actor_cell&, envelope&) {}));
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

TEST_CASE("the end of a pool is that of its routees") {
  stage s{{.size = 2}};
  const auto routees = s.what->routees();
  SUBCASE("which handle what they have got") {
    for (int i = 0; i != 4; ++i) {
      s.ref.tell(payload::of(i));
    }
    s.ref.cell().resume();
    s.ref.stop();
    s.scheduler.run();
    CHECK(s.handled == 4);
  }
  SUBCASE("or don't") {
    for (int i = 0; i != 4; ++i) {
      s.ref.tell(payload::of(i));
    }
    s.ref.cell().resume();
    s.what->drop_what_waits();
    s.ref.stop();
    s.scheduler.run();
    CHECK(s.handled + static_cast<int>(s.system.dead().total()) == 4);
  }
  SUBCASE("by kill") {
    s.ref.kill();
    s.scheduler.run();
  }
  CHECK(routees[0].ended());
  CHECK(routees[1].ended());
  CHECK(s.made == 2);
}

TEST_CASE("at the end of the system nothing is replaced or complained of") {
  stage s{{.size = 4}};
  s.system.begin_shutdown(seconds{1});
  s.scheduler.run();
  CHECK(s.made == 4);
  CHECK(s.reports.empty());
  CHECK(s.system.actors().empty());
}

TEST_CASE("a pool under fire conserves messages, over many interleavings") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    stage s{{.size = 3, .replacements = 1000}, seed};
    std::mt19937_64 random{seed};
    int sent = 0;
    for (; sent != 300; ++sent) {
      s.ref.tell(payload::of(random() % 20 == 0 ? -1 : 1));
      for (auto n = random() % 4; n != 0 && s.scheduler.step(); --n) {
      }
      if (random() % 30 == 0) {
        static_cast<void>(s.what->resize(1 + random() % 5));
      }
    }
    s.scheduler.run();
    CHECK(static_cast<std::uint64_t>(s.handled) + s.system.dead().total() ==
          300);
  }
}

TEST_CASE("a pool on threads replaces and conserves" * doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 3}};
  actor_system system{scheduler};
  std::atomic<std::uint64_t> handled{0};
  const auto what = make_ref_counted<pool>(
      make_round_robin(), pool_options{.size = 3, .replacements = 100000},
      [&](std::size_t number) {
        return system.spawn(make_scripted([&](actor_cell& self, envelope& e) {
                              const turn_scope in_turn;
                              if (number_in(e) < 0) {
                                self.stop_self();
                              }
                              ++handled;
                            }),
                            {.name = "pool-" + std::to_string(number)});
      },
      [](const std::string&) {});
  const auto ref = system.spawn(what).value();
  REQUIRE(what->ready().wait(std::nullopt) == wait_result::done);
  for (int i = 1; i <= 3000; ++i) {
    ref.tell(payload::of(i % 50 == 0 ? -1 : 1));
  }
  REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
  CHECK(handled + system.dead().total() == 3000);
  CHECK(what->size() == 3);
  system.begin_shutdown(seconds{10})->wait(std::nullopt);
}

}  // TEST_SUITE("pool")

}  // namespace
}  // namespace troupe
