// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <functional>
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

TEST_SUITE("timers") {

TEST_CASE("timers fire in the order of their deadlines" *
          doctest::timeout(30)) {
  struct bounds {
    clock_duration earliest;
    clock_duration latest;
  };
  constexpr int count = 200;
  thread_scheduler scheduler{{.workers = 1}};
  std::vector<bounds> deadlines(count);
  std::vector<bounds> fired;
  std::latch all_set{1};  // holds up the thread that fires them
  std::latch done{count};
  scheduler.after(0ms, [&] { all_set.wait(); });
  for (int i = 0; i < count; ++i) {
    bounds& mine = deadlines[static_cast<std::size_t>(i)];
    const clock_duration delay = (i * 37 % count) * 20us;
    mine.earliest = scheduler.now() + delay;
    scheduler.after(delay, [&] {
      fired.push_back(mine);
      done.count_down();
    });
    mine.latest = scheduler.now() + delay;
  }
  all_set.count_down();
  done.wait();
  const auto wrong =
      std::adjacent_find(fired.begin(), fired.end(),
                         [](const bounds& first, const bounds& second) {
                           return first.earliest > second.latest;
                         });
  CHECK((wrong == fired.end()));
}

TEST_CASE("a timer never fires early, and mostly within 2 ms" *
          doctest::timeout(30)) {
  constexpr int count = 20;
  thread_scheduler scheduler{{.workers = 1}};
  std::vector<clock_duration> late;
  for (int i = 0; i < count; ++i) {
    std::latch fired{1};
    const clock_duration due = scheduler.now() + 3ms;
    scheduler.after(3ms, [&] {
      late.push_back(scheduler.now() - due);
      fired.count_down();
    });
    fired.wait();
  }
  std::sort(late.begin(), late.end());
  CHECK(late.front() >= 0ns);
  WARN(late[count / 2] < 2ms);  // a busy machine may need longer
}

TEST_CASE("a cancelled timer does not fire, and lets go of its function" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<bool> fired{false};
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;
  const timer_id id = scheduler.after(1ms, [&fired, held] { fired = true; });
  held.reset();
  const bool cancelled = scheduler.cancel(id);
  std::latch later{1};
  scheduler.after(2ms, [&] { later.count_down(); });
  later.wait();
  CHECK(fired != cancelled);
  CHECK(alive.expired());
  CHECK_FALSE(scheduler.cancel(id));
}

TEST_CASE("a timer that fires can't be cancelled any more" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch id_known{1};
  std::latch fired{1};
  timer_id id{};
  bool cancelled = true;
  id = scheduler.after(0ms, [&] {
    id_known.wait();
    cancelled = scheduler.cancel(id);
    fired.count_down();
  });
  id_known.count_down();
  fired.wait();
  CHECK_FALSE(cancelled);
}

TEST_CASE("a timer may set another" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  int left = 50;
  std::latch done{1};
  std::function<void()> tick = [&] {
    if (--left == 0) {
      done.count_down();
    } else {
      scheduler.after(100us, tick);
    }
  };
  scheduler.after(100us, tick);
  done.wait();
  CHECK(left == 0);
}

TEST_CASE("a timer may be set so far away that it never fires" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  const timer_id far =
      scheduler.after(clock_duration::max(), [] { FAIL("fired"); });
  std::latch near{1};
  scheduler.after(1ms, [&] { near.count_down(); });
  near.wait();
  CHECK(scheduler.cancel(far));
}

TEST_CASE("timers wake runnables" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  int left = 100;
  std::latch done{1};
  ref_ptr<task> one;
  one = make_task([&] {
    if (--left == 0) {
      done.count_down();
    } else {
      scheduler.after(10us, [&] { scheduler.schedule(*one); });
    }
  });
  scheduler.schedule(*one);
  done.wait();
  CHECK(left == 0);
}

TEST_CASE("many threads set and cancel timers: each fires or is cancelled" *
          doctest::timeout(60)) {
  constexpr int threads = 3;
  constexpr int each = 2000;
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<int> fired{0};
  std::atomic<int> cancelled{0};
  std::vector<std::thread> setters;
  for (int t = 0; t < threads; ++t) {
    setters.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        const auto id = scheduler.after((i % 7) * 100us, [&] { ++fired; });
        if (i % 2 == 0) {
          cancelled += scheduler.cancel(id) ? 1 : 0;
        }
      }
    });
  }
  for (auto& setter : setters) {
    setter.join();
  }
  std::latch last{1};
  scheduler.after(2ms, [&] { last.count_down(); });
  last.wait();
  CHECK(fired + cancelled == threads * each);
}

}  // TEST_SUITE("timers")

}  // namespace
}  // namespace troupe
