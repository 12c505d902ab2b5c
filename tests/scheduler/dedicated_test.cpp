// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

TEST_SUITE("dedicated") {

TEST_CASE("a lane has a thread of its own and keeps the order" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  std::string order;  // one at a time: no lock
  std::vector<std::thread::id> threads;
  for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
    scheduler.schedule_dedicated(*make_task([&, name] {
      order += name;
      threads.push_back(std::this_thread::get_id());
    }),
                                 0);
  }
  wait_until_quiet(scheduler);
  CHECK(order == "abcde");
  CHECK(threads == std::vector<std::thread::id>(5, threads.front()));
}

TEST_CASE("lanes and workers don't wait for each other" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch all_run_at_once{3};
  const auto wait_for_all = [&] { all_run_at_once.arrive_and_wait(); };
  scheduler.schedule_dedicated(*make_task(wait_for_all), 0);
  scheduler.schedule_dedicated(*make_task(wait_for_all), 5);
  scheduler.schedule(*make_task(wait_for_all));
  wait_until_quiet(scheduler);
}

TEST_CASE("a turn on a lane may have more to do, wake others and block" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  int turns = 0;
  scheduler.schedule_dedicated(*make_task([&] {
    const blocking_region region{scheduler};
    std::latch other_ran{1};
    scheduler.schedule(*make_task([&] { other_ran.count_down(); }));
    other_ran.wait();
    return ++turns < 3 ? turn_result::more : turn_result::parked;
  }),
                               0);
  wait_until_quiet(scheduler);
  CHECK(turns == 3);
  CHECK(scheduler.stats().turns == 6);
  CHECK(scheduler.stats().spare_workers == 0);
}

TEST_CASE("no wake-up of a lane is lost" * doctest::timeout(60)) {
  constexpr int rounds = 5000;
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<int> left{rounds};
  std::latch done{1};
  ref_ptr<task> ping;
  ref_ptr<task> pong;
  ping = make_task([&] { scheduler.schedule(*pong); });
  pong = make_task([&] {
    if (--left > 0) {
      scheduler.schedule_dedicated(*ping, 0);
    } else {
      done.count_down();
    }
  });
  scheduler.schedule_dedicated(*ping, 0);
  done.wait();
  wait_until_quiet(scheduler);
}

}  // TEST_SUITE("dedicated")

}  // namespace
}  // namespace troupe
