// SPDX-License-Identifier: Apache-2.0
#include "actors/actor_system.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;
using testing::make_recorder;
using testing::make_scripted;

TEST_SUITE("actor_system") {

TEST_CASE("actors are found by id and by name while they live") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::vector<int> seen;
  const actor_ref a =
      system.spawn(make_recorder(seen), {.name = "counter"}).value();
  CHECK(system.lookup("counter").value() == a);
  CHECK(system.find(a.id()).value() == a);
  a.stop();
  scheduler.run();
  CHECK_FALSE(system.lookup("counter").has_value());
  CHECK_FALSE(system.find(a.id()).has_value());
}

TEST_CASE("a name that is taken is refused, and free again after the end") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::vector<int> seen;
  const actor_ref first =
      system.spawn(make_recorder(seen), {.name = "only"}).value();
  const auto second = system.spawn(make_recorder(seen), {.name = "only"});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == errc::already_exists);
  first.stop();
  scheduler.run();
  CHECK(system.spawn(make_recorder(seen), {.name = "only"}).has_value());
  scheduler.run();
}

TEST_CASE("an actor without a name gets one of its own") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::vector<int> seen;
  const actor_ref a = system.spawn(make_recorder(seen)).value();
  const actor_ref b = system.spawn(make_recorder(seen)).value();
  CHECK_FALSE(a.name().empty());
  CHECK(a.name() != b.name());
  scheduler.run();
}

TEST_CASE("shutdown stops the last started first, one by one") {
  manual_scheduler scheduler{7};
  actor_system system{scheduler};
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(system.spawn(make_scripted([](actor_cell&, envelope&) {},
                                                 [&order, i](stop_reason why) {
                                                   CHECK(why ==
                                                         stop_reason::shutdown);
                                                   order.push_back(i);
                                                 })));
  }
  scheduler.run();
  const auto all_ended = system.begin_shutdown(10s);
  scheduler.run();
  CHECK(all_ended->done());
  CHECK(order == std::vector{4, 3, 2, 1, 0});
}

TEST_CASE("a system that closes refuses to spawn") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  system.begin_shutdown(1s);
  std::vector<int> seen;
  const auto refused = system.spawn(make_recorder(seen));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::stopped);
}

TEST_CASE("shutdown of an empty system is done at once, and twice is once") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  CHECK(system.begin_shutdown(1s)->done());
  CHECK(system.begin_shutdown(1s)->done());
}

TEST_CASE("actors that outlive the deadline are killed") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::optional<stop_reason> why;
  const actor_ref a = system
                          .spawn(make_scripted([](actor_cell&, envelope&) {},
                                               [&](stop_reason r) { why = r; }))
                          .value();
  const auto all_ended = system.begin_shutdown(1s);
  scheduler.advance(2s);  // before any turn: the stop wasn't seen in time
  scheduler.run();
  CHECK(all_ended->done());
  CHECK(a.ended());
}

TEST_CASE("the end observer hears of each end and why") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::vector<std::string> heard;
  system.set_end_observer([&](const actor_cell& cell, stop_reason reason) {
    heard.push_back(cell.name() + " " + std::string{to_string(reason)});
  });
  std::vector<int> seen;
  system.spawn(make_recorder(seen), {.name = "a"}).value().stop();
  system.spawn(make_recorder(seen), {.name = "b"}).value().kill();
  scheduler.run();
  CHECK(heard.size() == 2);
  CHECK(std::count(heard.begin(), heard.end(), "a stopped") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "b killed") == 1);
}

TEST_CASE("an order to stop that comes too late is no dead letter") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::vector<int> seen;
  const actor_ref a = system.spawn(make_recorder(seen)).value();
  a.stop();
  scheduler.run();
  a.stop_when_drained();
  CHECK(system.dead().total() == 0);
}

}  // TEST_SUITE("actor_system")

}  // namespace
}  // namespace troupe
