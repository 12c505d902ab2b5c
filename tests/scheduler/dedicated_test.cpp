// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <latch>
#include <string>
#include <system_error>
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

TEST_CASE("an acquired lane is nobody else's, and used again when released" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  const std::size_t first = scheduler.acquire_lane();
  const std::size_t second = scheduler.acquire_lane();
  CHECK(first >= scheduler::first_acquired_lane);
  CHECK(first != second);
  scheduler.release_lane(first);
  CHECK(scheduler.acquire_lane() == first);
}

TEST_CASE("a lane released in its own turn runs what is queued, then ends" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 1}};
  for (int round = 0; round < 100; ++round) {
    const std::size_t lane = scheduler.acquire_lane();
    std::latch may_go{1};
    int turns = 0;
    std::thread::id thread;
    const auto other = make_task([&] {
      ++turns;
      CHECK(std::this_thread::get_id() == thread);
    });
    scheduler.schedule_dedicated(*make_task([&] {
      thread = std::this_thread::get_id();
      if (++turns == 1) {
        may_go.wait();
        scheduler.release_lane(lane);
        return turn_result::more;
      }
      return turn_result::parked;
    }),
                                 lane);
    scheduler.schedule_dedicated(*other, lane);
    may_go.count_down();
    wait_until_quiet(scheduler);
    CHECK(turns == 3);
  }
}

TEST_CASE("what is scheduled on a lane that was released runs on a worker" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  const std::size_t lane = scheduler.acquire_lane();
  scheduler.release_lane(lane);
  std::latch ran{1};
  scheduler.schedule_dedicated(*make_task([&] { ran.count_down(); }), lane);
  ran.wait();
}

TEST_CASE("released lanes and turns on them race on real threads" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 2}};
  std::atomic<int> turns{0};
  for (int round = 0; round < 200; ++round) {
    const std::size_t lane = scheduler.acquire_lane();
    std::thread sender{[&] {
      for (int i = 0; i < 10; ++i) {
        scheduler.schedule_dedicated(*make_task([&] { ++turns; }), lane);
      }
    }};
    scheduler.release_lane(lane);
    sender.join();
  }
  wait_until_quiet(scheduler);
  CHECK(turns == 2000);
}

TEST_CASE("there are as many shared lanes as workers, dealt out in turn" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  const std::size_t first = scheduler.shared_lane();
  const std::size_t second = scheduler.shared_lane();
  CHECK(first != second);
  CHECK(scheduler.shared_lane() == first);
  CHECK(scheduler.shared_lane() == second);
}

TEST_CASE("too many lanes are an error that says so" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::string why;
  int acquired = 0;
  try {
    for (;; ++acquired) {
      scheduler.acquire_lane();
    }
  } catch (const std::system_error& e) {
    why = e.what();
  }
  CHECK(acquired == 96);
  CHECK(why.starts_with("all 96 threads for pinned and dedicated actors"));
}

}  // TEST_SUITE("dedicated")

}  // namespace
}  // namespace troupe
