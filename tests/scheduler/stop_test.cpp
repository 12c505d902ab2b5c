// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("stop") {

TEST_CASE("a scheduler can be stopped at once, twice, and when it is idle" *
          doctest::timeout(60)) {
  for (int i = 0; i < 200; ++i) {
    thread_scheduler scheduler{{.workers = 3}};
    if (i % 2 == 0) {
      scheduler.stop();
      scheduler.stop();
    }
  }
}

TEST_CASE("stop() waits for the turn in progress, and drops what is queued" *
          doctest::timeout(30)) {
  std::latch began{1};
  std::latch go_on{1};
  std::atomic<bool> ended{false};
  std::atomic<bool> others_ran{false};
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;

  thread_scheduler scheduler{{.workers = 1, .spare_limit = 0}};
  scheduler.schedule(*make_task([&] {
    began.count_down();
    go_on.wait();
    // The worker's queue, its hot slot, a timer: all hold on to `held`.
    const auto other = [&others_ran, held] { others_ran = true; };
    scheduler.schedule(*make_task(other));
    scheduler.schedule(*make_task(other));
    scheduler.after(1h, other);
    ended = true;
  }));
  began.wait();
  std::thread stopper{[&] { scheduler.stop(); }};
  go_on.count_down();
  stopper.join();
  CHECK(ended);
  held.reset();
  if (!others_ran) {  // the turn may have ended before stop() came
    CHECK(scheduler.stats().turns == 1);
  }
  CHECK(scheduler.quiet());
}

TEST_CASE("what is dropped may schedule others, which are dropped too" *
          doctest::timeout(30)) {
  struct chain : runnable {
    chain(scheduler& s, std::atomic<int>& d, int n)
        : sched{s}, dropped{d}, left{n} {}
    ~chain() override {
      ++dropped;
      if (left > 0) {
        const auto next = make_ref_counted<chain>(sched, dropped, left - 1);
        left % 2 == 0 ? sched.schedule(*next)
                      : sched.schedule_dedicated(*next, 3);
      }
    }
    turn_result resume() noexcept override { return turn_result::parked; }
    scheduler& sched;
    std::atomic<int>& dropped;
    const int left;
  };
  std::atomic<int> dropped{0};
  {
    thread_scheduler scheduler{{.workers = 2}};
    scheduler.stop();
    scheduler.schedule(*make_ref_counted<chain>(scheduler, dropped, 9));
  }
  CHECK(dropped == 10);
}

TEST_CASE("a turn in progress may wait for a timer while all stops" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch began{1};
  std::atomic<bool> fired{false};
  scheduler.schedule(*make_task([&] {
    began.count_down();
    std::latch timer{1};
    scheduler.after(1ms, [&] { timer.count_down(); });
    timer.wait();
    fired = true;
  }));
  began.wait();
  scheduler.stop();
  CHECK(fired);
}

TEST_CASE("stopping in the midst of everything loses no reference" *
          doctest::timeout(60)) {
  for (int round = 0; round < 100; ++round) {
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = held;
    {
      thread_scheduler scheduler{
          {.workers = 2, .spare_limit = 3, .monitor_period = 100us}};
      for (int i = 0; i < 20; ++i) {
        scheduler.schedule(*make_task([&scheduler, held, i] {
          if (i % 5 == 0) {
            const blocking_region region{scheduler};
            scheduler.schedule(*make_task([held] {}));
          }
          return turn_result::more;
        }));
      }
      held.reset();
    }
    CHECK(alive.expired());
  }
}

}  // TEST_SUITE("stop")

}  // namespace
}  // namespace troupe
