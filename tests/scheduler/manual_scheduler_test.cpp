// SPDX-License-Identifier: Apache-2.0
#include "scheduler/manual_scheduler.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

/// Eight tasks, each of which appends its letter in each of three turns.
std::string run_some(std::uint64_t seed) {
  manual_scheduler scheduler{seed};
  std::string order;
  std::vector<ref_ptr<task>> tasks;
  for (std::size_t i = 0; i < 8; ++i) {
    tasks.push_back(make_task([&, i, turns = 0]() mutable {
      order += static_cast<char>('a' + i);
      return ++turns < 3 ? turn_result::more : turn_result::parked;
    }));
    scheduler.schedule(*tasks.back());
  }
  scheduler.run();
  return order;
}

TEST_SUITE("manual_scheduler") {

TEST_CASE("a seed replays an interleaving, other seeds give others") {
  const std::string first = run_some(1);
  CHECK(first.size() == 24);
  CHECK(run_some(1) == first);
  CHECK(run_some(2) != first);
  CHECK(run_some(3) != run_some(2));
}

TEST_CASE("a step runs one turn; without work it runs none") {
  manual_scheduler scheduler;
  int turns = 0;
  const auto one = make_task([&] { ++turns; });
  CHECK_FALSE(scheduler.step());
  scheduler.schedule(*one);
  CHECK(turns == 0);
  CHECK_FALSE(scheduler.quiet());
  CHECK(scheduler.step());
  CHECK(turns == 1);
  CHECK(scheduler.quiet());
  CHECK_FALSE(scheduler.step());
  CHECK(scheduler.stats().turns == 1);
}

TEST_CASE("what has more to do is queued again") {
  manual_scheduler scheduler;
  int left = 5;
  scheduler.schedule(*make_task(
      [&] { return --left > 0 ? turn_result::more : turn_result::parked; }));
  CHECK(scheduler.run() == 5);
  CHECK(left == 0);
}

TEST_CASE("a runnable is kept until the turn that parks has ended") {
  manual_scheduler scheduler;
  auto watched = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = watched;
  scheduler.schedule(*make_task([watched] {}));
  watched.reset();
  CHECK_FALSE(alive.expired());
  scheduler.run();
  CHECK(alive.expired());
}

TEST_CASE("time moves only when told, and fires each timer at its own time") {
  manual_scheduler scheduler;
  std::vector<clock_duration> fired;
  const auto note = [&] { fired.push_back(scheduler.now()); };
  scheduler.after(3s, note);
  scheduler.after(1s, [&] {
    note();
    scheduler.after(1s, note);
  });
  scheduler.advance(999ms);
  CHECK(fired.empty());
  scheduler.advance(4s);
  CHECK(fired == std::vector<clock_duration>{1s, 2s, 3s});
  CHECK(scheduler.now() == 4999ms);
}

TEST_CASE("advance() runs no turn, what its timers schedule waits") {
  manual_scheduler scheduler;
  bool ran = false;
  const auto one = make_task([&] { ran = true; });
  scheduler.after(1s, [&] { scheduler.schedule(*one); });
  scheduler.advance(2s);
  CHECK_FALSE(ran);
  CHECK(scheduler.step());
  CHECK(ran);
}

TEST_CASE("a cancelled timer does not fire") {
  manual_scheduler scheduler;
  bool fired = false;
  const timer_id id = scheduler.after(1s, [&] { fired = true; });
  CHECK(scheduler.cancel(id));
  CHECK_FALSE(scheduler.cancel(id));
  scheduler.advance(2s);
  CHECK_FALSE(fired);
}

TEST_CASE("run_until_quiet() runs turns and timers until nothing is left") {
  manual_scheduler scheduler;
  int rounds = 0;
  ref_ptr<task> ticking;
  ticking = make_task([&] {
    if (++rounds < 10) {
      scheduler.after(1h, [&] { scheduler.schedule(*ticking); });
    }
  });
  scheduler.schedule(*ticking);
  scheduler.run_until_quiet();
  CHECK(rounds == 10);
  CHECK(scheduler.now() == 9h);
  CHECK(scheduler.quiet());
}

TEST_CASE("on_quiet is called after the last turn only") {
  manual_scheduler scheduler;
  int calls = 0;
  scheduler.set_on_quiet([&] { ++calls; });
  scheduler.schedule(*make_task([] {}));
  scheduler.schedule(*make_task([] {}));
  scheduler.step();
  CHECK(calls == 0);
  scheduler.step();
  CHECK(calls == 1);
}

TEST_CASE("blocking regions are counted") {
  manual_scheduler scheduler;
  {
    const blocking_region outer{scheduler};
    const blocking_region inner{scheduler};
    CHECK(scheduler.blocking_open() == 2);
  }
  CHECK(scheduler.blocking_open() == 0);
  CHECK(scheduler.blocking_entered() == 2);
}

}  // TEST_SUITE("manual_scheduler")

}  // namespace
}  // namespace troupe
