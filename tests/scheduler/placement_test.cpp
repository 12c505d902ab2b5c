// SPDX-License-Identifier: Apache-2.0
// Which turns run where, and in which order, as far as it can be observed.
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

using namespace std::chrono_literals;

// For cases that must not depend on the monitor.
constexpr clock_duration never = 1h;

TEST_SUITE("placement") {

TEST_CASE("a runnable gets one turn each time it is scheduled" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  int turns = 0;
  const auto one = make_task([&] { ++turns; });
  for (int i = 1; i <= 100; ++i) {
    scheduler.schedule(*one);
    wait_until_quiet(scheduler);
    CHECK(turns == i);
  }
  CHECK(scheduler.stats().turns == 100);
}

TEST_CASE("new runnables are spread over the workers" * doctest::timeout(30)) {
  constexpr int count = 4;
  thread_scheduler scheduler{{.workers = count, .monitor_period = never}};
  std::latch all_run_at_once{count};
  for (int i = 0; i < count; ++i) {
    scheduler.schedule(*make_task([&] { all_run_at_once.arrive_and_wait(); }));
  }
  wait_until_quiet(scheduler);
}

TEST_CASE("new runnables are spread from within a turn as well" *
          doctest::timeout(30)) {
  constexpr int count = 3;
  thread_scheduler scheduler{{.workers = count}};
  std::latch all_run_at_once{count};
  scheduler.schedule(*make_task([&] {
    for (int i = 0; i < count - 1; ++i) {
      scheduler.schedule(
          *make_task([&] { all_run_at_once.arrive_and_wait(); }));
    }
    all_run_at_once.arrive_and_wait();
  }));
  wait_until_quiet(scheduler);
}

TEST_CASE("a runnable stays on its worker" * doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 3}};
  std::thread::id last;
  int moves = -1;
  const auto one = make_task([&] {
    moves += last != std::this_thread::get_id() ? 1 : 0;
    last = std::this_thread::get_id();
  });
  for (int i = 0; i < 1000; ++i) {
    scheduler.schedule(*one);
    wait_until_quiet(scheduler);
  }
  CHECK(moves < 10);  // none, unless the system holds up a thread for long
}

TEST_CASE("a request and its reply need no thread switch" *
          doctest::timeout(60)) {
  constexpr int rounds = 20000;
  thread_scheduler scheduler{{.workers = 2}};
  int left = 0;
  ref_ptr<task> ping;
  ref_ptr<task> pong;
  ping = make_task([&] {
    if (--left > 0) {
      scheduler.schedule(*pong);
    }
  });
  pong = make_task([&] { scheduler.schedule(*ping); });
  // Each gets a worker of its own first; they meet on one.
  scheduler.schedule(*pong);
  wait_until_quiet(scheduler);
  left = rounds;
  const auto parks_before = scheduler.stats().parks;
  scheduler.schedule(*ping);
  wait_until_quiet(scheduler);
  CHECK(left == 0);
  CHECK(scheduler.stats().parks - parks_before < rounds / 10);
}

TEST_CASE("what has more to do lets the others go first" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::string order;
  const auto other = make_task([&] { order += 'b'; });
  int turns = 0;
  scheduler.schedule(*make_task([&] {
    order += 'a';
    if (++turns == 1) {
      scheduler.schedule(*other);
    }
    return turns < 3 ? turn_result::more : turn_result::parked;
  }));
  wait_until_quiet(scheduler);
  CHECK(order == "abaa");
}

/// In which order four run that one turn wakes, as a, b, c, d.
std::string order_of_four() {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  std::string order;
  std::vector<ref_ptr<task>> others;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    others.push_back(make_task([&order, name] { order += name; }));
    scheduler.schedule(*others.back());  // so that it belongs to the worker
  }
  wait_until_quiet(scheduler);
  order.clear();
  scheduler.schedule(*make_task([&] {
    for (const auto& other : others) {
      scheduler.schedule(*other);
    }
  }));
  wait_until_quiet(scheduler);
  return order;
}

TEST_CASE("the last that a turn woke goes first, the others in order" *
          doctest::timeout(30)) {
  // Several tries: a turn that the system holds up is long, and then its worker
  // keeps nothing in the hot slot.
  std::string order;
  for (int i = 0; i < 20 && order != "dabc"; ++i) {
    order = order_of_four();
  }
  CHECK(order == "dabc");
}

TEST_CASE("two that keep waking each other do not starve the queue" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1, .monitor_period = never}};
  std::atomic<bool> others_ran{false};
  ref_ptr<task> ping;
  ref_ptr<task> pong;
  ping = make_task([&] {
    if (!others_ran) {
      scheduler.schedule(*pong);
    }
  });
  pong = make_task([&] { scheduler.schedule(*ping); });
  scheduler.schedule(*ping);
  scheduler.schedule(*make_task([&] { others_ran = true; }));
  wait_until_quiet(scheduler);
  CHECK(others_ran);
}

TEST_CASE("who has nothing to do takes from who has much" *
          doctest::timeout(60)) {
  constexpr int count = 64;
  thread_scheduler scheduler{{.workers = 2}};
  std::vector<ref_ptr<task>> many;
  std::atomic<int> here{0};
  std::latch all_ran{count};
  std::thread::id parent;
  bool second_time = false;
  for (int i = 0; i < count; ++i) {
    many.push_back(make_task([&] {
      if (second_time) {
        here += std::this_thread::get_id() == parent ? 1 : 0;
        all_ran.count_down();
      }
    }));
    scheduler.schedule(*many.back());
  }
  wait_until_quiet(scheduler);  // each worker has had its half of them
  second_time = true;
  scheduler.schedule(*make_task([&] {
    parent = std::this_thread::get_id();
    for (const auto& one : many) {
      scheduler.schedule(*one);
    }
    all_ran.wait();
  }));
  wait_until_quiet(scheduler);
  CHECK(here == 0);
  const scheduler_stats stats = scheduler.stats();
  CHECK(stats.steals + stats.hand_overs > 0);
}

TEST_CASE("two schedulers do not mix up their workers" * doctest::timeout(30)) {
  thread_scheduler one{{.workers = 1, .thread_name = "one"}};
  thread_scheduler two{{.workers = 1, .thread_name = "two"}};
  std::thread::id ran_one;
  std::thread::id ran_two;
  const auto inner = make_task([&] { ran_two = std::this_thread::get_id(); });
  one.schedule(*make_task([&] {
    ran_one = std::this_thread::get_id();
    two.schedule(*inner);
  }));
  wait_until_quiet(one);
  wait_until_quiet(two);
  CHECK(ran_one != ran_two);
  CHECK(one.stats().turns == 1);
  CHECK(two.stats().turns == 1);
}

}  // TEST_SUITE("placement")

}  // namespace
}  // namespace troupe
