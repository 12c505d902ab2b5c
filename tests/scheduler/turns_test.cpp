// SPDX-License-Identifier: Apache-2.0
#include <latch>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

TEST_SUITE("turns") {

TEST_CASE("a turn in progress is reported with its runnable and its thread" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2, .thread_name = "t"}};
  std::latch inside{2};
  std::latch go_on{1};
  const auto turn = [&] {
    inside.count_down();
    go_on.wait();
  };
  const auto on_worker = make_task(turn);
  const auto on_lane = make_task(turn);
  scheduler.schedule(*on_worker);
  scheduler.schedule_dedicated(*on_lane, 3);
  inside.wait();
  const auto turns = scheduler.turns();
  go_on.count_down();
  REQUIRE(turns.size() == 2);
  CHECK(turns[0].runnable == on_worker.get());
  CHECK(turns[0].thread.starts_with("t-"));
  CHECK(turns[0].age.count() >= 0);
  CHECK(turns[1].runnable == on_lane.get());
  CHECK(turns[1].thread == "t-lane-3");
  wait_until_quiet(scheduler);
}

TEST_CASE("a turn that is over is not reported" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  scheduler.schedule(*make_task([] {}));
  scheduler.schedule_dedicated(*make_task([] {}), 0);
  wait_until_quiet(scheduler);
  CHECK(scheduler.turns().empty());
}

TEST_CASE("the age of a turn grows" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch inside{1};
  std::latch go_on{1};
  scheduler.schedule(*make_task([&] {
    inside.count_down();
    go_on.wait();
  }));
  inside.wait();
  const auto first = scheduler.turns();
  const auto second = scheduler.turns();
  go_on.count_down();
  REQUIRE(first.size() == 1);
  REQUIRE(second.size() == 1);
  CHECK(second[0].age >= first[0].age);
  wait_until_quiet(scheduler);
}

}  // TEST_SUITE("turns")

}  // namespace
}  // namespace troupe
