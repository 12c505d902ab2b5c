// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

TEST_SUITE("quiet") {

TEST_CASE("a new scheduler is quiet") {
  thread_scheduler scheduler{{.workers = 2}};
  CHECK(scheduler.quiet());
}

TEST_CASE("nothing is quiet while a token goes round" * doctest::timeout(60)) {
  constexpr int hops = 20000;
  constexpr std::size_t count = 7;
  thread_scheduler scheduler{{.workers = 3}};
  int left = hops;
  std::atomic<bool> at_its_end{false};
  std::vector<ref_ptr<task>> ring;
  for (std::size_t i = 0; i < count; ++i) {
    ring.push_back(make_task([&, i] {
      if (--left > 0) {
        scheduler.schedule(*ring[(i + 1) % count]);
      } else {
        at_its_end = true;
      }
    }));
  }
  scheduler.schedule(*ring[0]);
  int wrong = 0;
  while (!at_its_end) {
    const bool quiet = scheduler.quiet();
    wrong += quiet && !at_its_end ? 1 : 0;
  }
  CHECK(wrong == 0);
  wait_until_quiet(scheduler);
  CHECK(scheduler.stats().turns == hops);
}

TEST_CASE("whoever comes to rest last says so, every time" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 3}};
  std::atomic<int> turns{0};
  std::vector<ref_ptr<task>> few;
  for (int i = 0; i < 3; ++i) {
    few.push_back(make_task([&] { ++turns; }));
  }
  for (int round = 1; round <= 2000; ++round) {
    for (const auto& one : few) {
      scheduler.schedule(*one);
    }
    wait_until_quiet(scheduler);  // hangs if nobody says so
    REQUIRE(turns == 3 * round);
  }
}

TEST_CASE("on_quiet may schedule more" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  constexpr int rounds = 1000;
  std::atomic<int> left{rounds};
  std::latch done{1};
  const auto one = make_task([&] {
    if (--left == 0) {
      done.count_down();
    }
  });
  std::atomic<bool> claimed{true};  // two workers may come to rest at once
  const auto next = make_task([&] { claimed = false; });
  scheduler.set_on_quiet([&] {
    if (left > 0 && !claimed.exchange(true)) {
      scheduler.schedule(*one);
      scheduler.schedule(*next);
    }
  });
  scheduler.schedule(*next);
  done.wait();
  scheduler.set_on_quiet({});
  wait_until_quiet(scheduler);
  CHECK(left == 0);
}

}  // TEST_SUITE("quiet")

}  // namespace
}  // namespace troupe
