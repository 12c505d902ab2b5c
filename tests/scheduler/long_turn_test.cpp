// SPDX-License-Identifier: Apache-2.0
// Turns that last too long, or block: the others go on.
#include <algorithm>
#include <atomic>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr clock_duration never = 1h;

TEST_SUITE("long_turn") {

TEST_CASE("what waits behind a long turn goes to a spare worker" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = 1ms}};
  std::latch began{1};
  std::latch others_ran{10};
  scheduler.schedule(*make_task([&] {
    began.count_down();
    others_ran.wait();
  }));
  began.wait();
  for (int i = 0; i < 10; ++i) {
    scheduler.schedule(*make_task([&] { others_ran.count_down(); }));
  }
  wait_until_quiet(scheduler);
  const scheduler_stats stats = scheduler.stats();
  CHECK(stats.hand_overs >= 1);
  CHECK(stats.spare_workers >= 1);
}

TEST_CASE("what a long turn itself woke is not kept waiting" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = 1ms}};
  std::latch others_ran{2};
  scheduler.schedule(*make_task([&] {
    // The first comes into the queue, the second into the hot slot.
    scheduler.schedule(*make_task([&] { others_ran.count_down(); }));
    scheduler.schedule(*make_task([&] { others_ran.count_down(); }));
    others_ran.wait();
  }));
  wait_until_quiet(scheduler);
  CHECK(others_ran.try_wait());
}

TEST_CASE("several turns may be long at the same time" * doctest::timeout(30)) {
  constexpr int count = 6;
  thread_scheduler scheduler{{.workers = 2, .monitor_period = 1ms}};
  std::latch all_run_at_once{count};
  for (int i = 0; i < count; ++i) {
    scheduler.schedule(*make_task([&] { all_run_at_once.arrive_and_wait(); }));
  }
  wait_until_quiet(scheduler);
}

TEST_CASE("a searching worker that finds work of its own lets others search" *
          doctest::timeout(60)) {
  constexpr std::size_t count = 12;
  thread_scheduler scheduler{{.workers = 4, .monitor_period = 1ms}};
  std::optional<std::latch> all_run_at_once;
  std::vector<ref_ptr<task>> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    tasks.push_back(make_task([&] {
      const blocking_region region{scheduler};
      all_run_at_once->arrive_and_wait();
    }));
  }
  for (int round = 0; round < 300; ++round) {
    all_run_at_once.emplace(static_cast<std::ptrdiff_t>(count));
    // Half of them from a turn, which others are woken to take from, while the
    // other half comes from outside.
    scheduler.schedule(*make_task([&] {
      for (std::size_t i = 0; i < count / 2; ++i) {
        scheduler.schedule(*tasks[i]);
      }
    }));
    for (std::size_t i = count / 2; i < count; ++i) {
      scheduler.schedule(*tasks[i]);
    }
    wait_until_quiet(scheduler);
  }
}

TEST_CASE("a sleeping worker is preferred to a spare" * doctest::timeout(30)) {
  // Several tries: on a busy machine a worker may not be awake within a period,
  // and then a spare is right.
  bool without_spare = false;
  for (int i = 0; i < 20 && !without_spare; ++i) {
    thread_scheduler scheduler{{.workers = 2, .monitor_period = 10ms}};
    std::latch other_ran{1};
    scheduler.schedule(*make_task([&] {
      scheduler.schedule(*make_task([&] { other_ran.count_down(); }));
      other_ran.wait();
    }));
    wait_until_quiet(scheduler);
    without_spare = scheduler.stats().spare_workers == 0;
  }
  CHECK(without_spare);
}

TEST_CASE("a turn that blocks hands over at once" * doctest::timeout(30)) {
  // Never: the monitor plays no part.
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  std::latch others_ran{3};
  std::atomic<int> at_once{0};
  const auto other = [&] {
    return make_task([&] {
      // However often the turn blocks, it gave up one seat.
      CHECK(at_once.fetch_add(1) == 0);
      at_once.fetch_sub(1);
      others_ran.count_down();
    });
  };
  scheduler.schedule(*make_task([&] {
    scheduler.schedule(*other());
    scheduler.schedule(*other());
    const blocking_region outer{scheduler};
    const blocking_region inner{scheduler};
    // From here on nothing that we schedule may wait behind us.
    scheduler.schedule(*other());
    others_ran.wait();
  }));
  wait_until_quiet(scheduler);
  CHECK(scheduler.stats().spare_workers >= 1);
}

TEST_CASE("the turn that would block the last thread is told" *
          doctest::timeout(30)) {
  constexpr int threads = 4;
  thread_scheduler scheduler{
      {.workers = 2, .spare_limit = 2, .monitor_period = never}};
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> told{0};
    std::latch all_in{threads};
    std::latch all_looked{threads};
    for (int i = 0; i < threads; ++i) {
      scheduler.schedule(*make_task([&] {
        const blocking_region outer{scheduler};
        told += !outer.others_go_on();
        all_in.arrive_and_wait();
        const blocking_region inner{scheduler};
        CHECK_FALSE(inner.others_go_on());
        all_looked.arrive_and_wait();
      }));
    }
    wait_until_quiet(scheduler);
    CHECK(told == 1);
  }
}

TEST_CASE("what is scheduled from outside passes a blocked worker" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  const auto mine = make_task([] {});
  scheduler.schedule(*mine);
  wait_until_quiet(scheduler);  // it belongs to the worker now

  std::latch blocked{1};
  std::latch go_on{1};
  scheduler.schedule(*make_task([&] {
    const blocking_region region{scheduler};
    blocked.count_down();
    go_on.wait();
  }));
  blocked.wait();
  std::latch ran{1};
  scheduler.schedule(*make_task([&] { ran.count_down(); }));
  scheduler.schedule(*mine);
  ran.wait();
  go_on.count_down();
  wait_until_quiet(scheduler);
  CHECK(scheduler.stats().turns == 4);
}

TEST_CASE("without a spare what waits goes on when a blocked worker is back" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .spare_limit = 0}};
  std::latch blocked{1};
  std::latch go_on{1};
  std::atomic<int> ran{0};
  scheduler.schedule(*make_task([&] {
    scheduler.schedule(*make_task([&] { ++ran; }));
    const blocking_region region{scheduler};
    blocked.count_down();
    go_on.wait();
  }));
  blocked.wait();
  scheduler.schedule(*make_task([&] { ++ran; }));
  CHECK(ran == 0);
  go_on.count_down();
  wait_until_quiet(scheduler);
  CHECK(ran == 2);
}

TEST_CASE("spares are used again" * doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  for (int i = 0; i < 300; ++i) {
    std::latch other_ran{1};
    scheduler.schedule(*make_task([&] {
      const blocking_region region{scheduler};
      scheduler.schedule(*make_task([&] { other_ran.count_down(); }));
      other_ran.wait();
    }));
    wait_until_quiet(scheduler);
  }
  CHECK(scheduler.stats().spare_workers <= 3);
}

TEST_CASE("spares step back when the blocked turns have ended" *
          doctest::timeout(60)) {
  constexpr int blocked_turns = 6;
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  std::latch all_blocked{blocked_turns};
  for (int i = 0; i < blocked_turns; ++i) {
    scheduler.schedule(*make_task([&] {
      const blocking_region region{scheduler};
      all_blocked.arrive_and_wait();
    }));
  }
  wait_until_quiet(scheduler);
  REQUIRE(scheduler.stats().spare_workers >= blocked_turns - 1);

  // All who run now end up on the one base worker.
  std::atomic<int> in_turn{0};
  std::atomic<int> not_alone_for{0};
  std::atomic<int> turns{0};
  std::vector<ref_ptr<task>> many;
  for (int i = 0; i < 4; ++i) {
    many.push_back(make_task([&] {
      not_alone_for = ++in_turn > 1 ? not_alone_for + 1 : 0;
      std::this_thread::yield();
      --in_turn;
      return ++turns < 4000 ? turn_result::more : turn_result::parked;
    }));
    scheduler.schedule(*many.back());
  }
  wait_until_quiet(scheduler);
  CHECK(not_alone_for == 0);
}

TEST_CASE("blocking regions mean nothing outside of a turn" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  const blocking_region region{scheduler};
  bool ran = false;
  scheduler.schedule(*make_task([&] { ran = true; }));
  wait_until_quiet(scheduler);
  CHECK(ran);
  CHECK(scheduler.stats().spare_workers == 0);
}

}  // TEST_SUITE("long_turn")

}  // namespace
}  // namespace troupe
