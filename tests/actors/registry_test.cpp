// SPDX-License-Identifier: Apache-2.0
#include "actors/registry.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "actors/group.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_recorder;
using testing::make_scripted;

class stage {
public:
  ~stage() {
    system.begin_shutdown(std::chrono::seconds{1});
    scheduler.run();
  }
  actor_ref spawn(const std::string& name = {}) {
    return system.spawn(make_recorder(seen), {.name = name}).value();
  }

  manual_scheduler scheduler;
  actor_system system{scheduler};
  std::vector<int> seen;
};

const actor_cell* named(const completion& c) {
  return dynamic_cast<const actor_cell*>(c.value().attachments()[0].get());
}

envelope_ptr number(int n) {
  auto e = make_envelope();
  e->content = payload::of(n);
  return e;
}

TEST_SUITE("registry") {

TEST_CASE("an actor has further names, which its end frees") {
  stage s;
  const actor_ref a = s.spawn("a");
  REQUIRE(s.system.names().add("clock", a).has_value());
  REQUIRE(s.system.names().add("clock", a).has_value());
  CHECK(*s.system.lookup("clock") == a);
  a.stop();
  s.scheduler.run();
  CHECK_FALSE(s.system.lookup("clock"));
  CHECK_FALSE(s.system.lookup("a"));
  CHECK(s.system.names().add("clock", s.spawn("b")).has_value());
}

TEST_CASE(
    "a name that is taken, empty, or for an actor that has ended is refused") {
  stage s;
  const actor_ref a = s.spawn("a");
  const actor_ref b = s.spawn("b");
  CHECK(s.system.names().add("a", b).error().code == errc::already_exists);
  CHECK(s.system.names().add("", b).error().code == errc::invalid_argument);
  b.stop();
  s.scheduler.run();
  CHECK(s.system.names().add("c", b).error().code == errc::stopped);
  CHECK_FALSE(s.system.lookup("c"));
}

TEST_CASE("a further name can be taken back, the actor's own can't") {
  stage s;
  const actor_ref a = s.spawn("a");
  REQUIRE(s.system.names().add("clock", a).has_value());
  REQUIRE(s.system.names().remove("clock").has_value());
  CHECK_FALSE(s.system.lookup("clock"));
  CHECK(s.system.names().remove("clock").error().code == errc::not_found);
  CHECK(s.system.names().remove("a").error().code == errc::invalid_argument);
  a.stop();
  s.scheduler.run();
}

TEST_CASE("who waits for a name is told when an actor gets it") {
  stage s;
  SUBCASE("by its spawn") {
    const auto awaited = s.system.names().when_named("late");
    CHECK_FALSE(awaited->done());
    const actor_ref late = s.spawn("late");
    REQUIRE(awaited->done());
    CHECK(named(*awaited) == &late.cell());
  }
  SUBCASE("by add()") {
    const auto awaited = s.system.names().when_named("late");
    const actor_ref a = s.spawn("a");
    CHECK_FALSE(awaited->done());
    REQUIRE(s.system.names().add("late", a).has_value());
    CHECK(named(*awaited) == &a.cell());
  }
  SUBCASE("at once") {
    const actor_ref a = s.spawn("late");
    CHECK(named(*s.system.names().when_named("late")) == &a.cell());
  }
  SUBCASE("or that none will") {
    const auto awaited = s.system.names().when_named("late");
    s.system.begin_shutdown(std::chrono::seconds{1});
    REQUIRE(awaited->done());
    CHECK(awaited->why().what.code == errc::stopped);
    CHECK(s.system.names().when_named("later")->done());
  }
}

TEST_CASE("a group is told as one, and its members leave or end") {
  stage s;
  const group workers{s.system, "workers"};
  const actor_ref a = s.spawn();
  const actor_ref b = s.spawn();
  CHECK(workers.join(b).value());
  CHECK(workers.join(a).value());
  CHECK_FALSE(workers.join(a).value());
  CHECK(workers.members() == std::vector{a, b});
  CHECK(s.system.names().groups() == std::vector<std::string>{"workers"});
  CHECK(workers.tell(number(7)) == 2);
  s.scheduler.run();
  CHECK(s.seen == std::vector{7, 7});
  CHECK(workers.leave(a));
  CHECK_FALSE(workers.leave(a));
  b.stop();
  s.scheduler.run();
  CHECK(workers.members().empty());
  CHECK(s.system.names().groups().empty());
  CHECK(workers.join(b).error().code == errc::stopped);
}

TEST_CASE("a message to a group without members is a dead letter") {
  stage s;
  CHECK(group{s.system, "nobody"}.tell(number(1)) == 0);
  CHECK(s.system.dead().count(dead_reason::no_receiver) == 1);
}

TEST_CASE("a broadcast shares what is attached, and copies the bytes") {
  stage s;
  const group all{s.system, "all"};
  std::vector<const ref_counted*> got;
  for (int i = 0; i != 3; ++i) {
    const actor_ref a = s.system
                            .spawn(make_scripted([&](actor_cell&, envelope& e) {
                              CHECK(e.content.size() == 1000);
                              got.push_back(e.content.attachments()[0].get());
                            }))
                            .value();
    REQUIRE(all.join(a).value());
  }
  const actor_ref shared = s.spawn("shared");
  auto e = make_envelope();
  e->content.extend(1000);
  e->content.attach(ref_ptr<ref_counted>{&shared.cell()});
  all.tell(std::move(e));
  s.scheduler.run();
  CHECK(got == std::vector<const ref_counted*>(3, &shared.cell()));
}

TEST_CASE("an actor of another system can't join") {
  stage s;
  stage other;
  CHECK(group{s.system, "g"}.join(other.spawn()).error().code ==
        errc::invalid_argument);
}

TEST_CASE("names and groups stay right while actors come and go on threads" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 3}};
  actor_system system{scheduler};
  const group all{system, "all"};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t != 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i != 200; ++i) {
        const auto a =
            system.spawn(make_scripted([](actor_cell&, envelope&) {})).value();
        refused += !system.names().add("contested", a).has_value();
        static_cast<void>(all.join(a));
        all.tell(number(i));
        a.stop();
        refused += !system.names().add("late", a).has_value();
        static_cast<void>(system.lookup("contested"));
      }
    });
  }
  for (auto& t : threads) {
    t.join();
  }
  REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
  CHECK(all.members().empty());
  CHECK(system.names().names().empty());
  CHECK(system.names()
            .add("contested",
                 system.spawn(make_scripted([](actor_cell&, envelope&) {}))
                     .value())
            .has_value());
  system.begin_shutdown(std::chrono::seconds{10})->wait(std::nullopt);
}

}  // TEST_SUITE("registry")

}  // namespace
}  // namespace troupe
