// SPDX-License-Identifier: Apache-2.0
#include "scheduler/stepped_scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

driven_wait until(const bool& flag) {
  return {.done = [&flag] { return flag; }};
}

// Eight tasks, each of which appends its letter in each of three turns.
std::string run_some(std::uint64_t seed) {
  stepped_scheduler scheduler{{.seed = seed}};
  std::string order;
  std::vector<ref_ptr<task>> tasks;
  for (std::size_t i = 0; i < 8; ++i) {
    tasks.push_back(make_task([&, i, turns = 0]() mutable {
      order += static_cast<char>('a' + i);
      return ++turns < 3 ? turn_result::more : turn_result::parked;
    }));
    scheduler.schedule(*tasks.back());
  }
  CHECK(scheduler.run() == drive_result::done);
  return order;
}

TEST_SUITE("stepped_scheduler" * doctest::timeout(60)) {

TEST_CASE("a seed replays an interleaving, others give others") {
  const std::string first = run_some(1);
  CHECK(first.size() == 24);
  CHECK(run_some(1) == first);
  CHECK(run_some(2) != first);
  CHECK(run_some(3) != run_some(2));
}

TEST_CASE("a step is one turn; without work it is none") {
  stepped_scheduler scheduler;
  int turns = 0;
  CHECK_FALSE(scheduler.step());
  const auto one = make_task([&] { ++turns; });
  scheduler.schedule(*one);
  CHECK(turns == 0);
  CHECK_FALSE(scheduler.quiet());
  CHECK(scheduler.step());
  CHECK(turns == 1);
  CHECK(scheduler.quiet());
  CHECK_FALSE(scheduler.step());
}

TEST_CASE("time moves only when told, and timers fire each at its own time") {
  stepped_scheduler scheduler;
  std::vector<clock_duration> fired;
  const auto note = [&] { fired.push_back(scheduler.now()); };
  scheduler.after(3s, note);
  scheduler.after(1s, [&] {
    note();
    scheduler.after(1s, note);
  });
  scheduler.run();
  CHECK(scheduler.now() == 0s);
  scheduler.advance(999ms);
  CHECK(fired.empty());
  scheduler.advance(4s);
  CHECK(fired == std::vector<clock_duration>{1s, 2s, 3s});
  CHECK(scheduler.now() == 4999ms);
}

TEST_CASE("advance() runs what its timers schedule") {
  stepped_scheduler scheduler;
  std::vector<clock_duration> ran;
  const auto one = make_task([&] { ran.push_back(scheduler.now()); });
  scheduler.after(1s, [&] { scheduler.schedule(*one); });
  scheduler.after(2s, [&] { scheduler.schedule(*one); });
  scheduler.advance(3s);
  CHECK(ran == std::vector<clock_duration>{1s, 2s});
}

TEST_CASE("a wait outside runs turns until it is done, and no more") {
  stepped_scheduler scheduler;
  bool done = false;
  int after_it = 0;
  const auto later = make_task([&] { ++after_it; });
  scheduler.schedule(*make_task([&] {
    done = true;
    scheduler.schedule(*later);
  }));
  CHECK(scheduler.drive(until(done)) == drive_result::done);
  CHECK(after_it == 0);
  scheduler.run();
  CHECK(after_it == 1);
}

TEST_CASE("a timeout passes in virtual time, when nothing can go on") {
  stepped_scheduler scheduler;
  const bool never = false;
  int turns = 0;
  scheduler.schedule(*make_task(
      [&] { return ++turns < 9 ? turn_result::more : turn_result::parked; }));
  driven_wait wait = until(never);
  wait.timeout = 1h;
  CHECK(scheduler.drive(wait) == drive_result::timed_out);
  CHECK(turns == 9);
  CHECK(scheduler.now() == 1h);
}

TEST_CASE("a wait that nothing can end is stuck, and names the others") {
  stepped_scheduler scheduler;
  const bool never = false;
  bool let_go = false;
  scheduler.schedule(*make_task([&] {
    driven_wait wait = until(let_go);
    wait.words = [] { return "somebody waits for a word"; };
    scheduler.drive(wait);
  }));
  CHECK(scheduler.drive(until(never)) == drive_result::stuck);
  CHECK(scheduler.who_waits() == "somebody waits for a word\n");
  let_go = true;
  scheduler.run();
  CHECK(scheduler.who_waits().empty());
}

TEST_CASE("a wait that goes on for ever is endless") {
  stepped_scheduler scheduler{{.turn_limit = 100}};
  bool stop = false;
  scheduler.schedule(*make_task(
      [&] { return stop ? turn_result::parked : turn_result::more; }));
  CHECK(scheduler.run() == drive_result::endless);
  CHECK(scheduler.stats().turns == 100);
  stop = true;
  CHECK(scheduler.run() == drive_result::done);
}

TEST_CASE("turns that wait for each other's turns end in any order") {
  // The first waits for the second, which waits for the third, ...: on one
  // stack, only the last could ever go on. Here the first is the last to wait.
  constexpr std::size_t count = 6;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    stepped_scheduler scheduler{{.seed = seed}};
    bool began[count] = {};
    bool ended[count] = {};
    for (std::size_t i = 0; i < count; ++i) {
      scheduler.schedule(*make_task([&, i] {
        began[i] = true;
        // Until all others have begun, and then until the one before has ended.
        scheduler.drive({.done = [&] {
          return std::ranges::all_of(began, std::identity{});
        }});
        if (i != 0) {
          scheduler.drive(until(ended[i - 1]));
        }
        ended[i] = true;
      }));
    }
    CHECK(scheduler.drive(until(ended[count - 1])) == drive_result::done);
    CHECK(std::ranges::all_of(ended, std::identity{}));
  }
}

TEST_CASE("no two turns ever run at once") {
  stepped_scheduler scheduler{{.seed = 4}};
  std::atomic<int> running{0};
  bool overlapped = false;
  int left = 30;
  for (int i = 0; i < left; ++i) {
    scheduler.schedule(*make_task([&, gone = false]() mutable {
      const auto work = [&] {
        overlapped = overlapped || running.fetch_add(1) != 0;
        std::this_thread::yield();
        running.fetch_sub(1);
      };
      work();
      scheduler.drive({.done = [] { return false; }, .timeout = 1s});
      work();
      --left;
    }));
  }
  scheduler.advance(1s);
  CHECK(left == 0);
  CHECK_FALSE(overlapped);
}

TEST_CASE("the turns of a lane are on one thread") {
  stepped_scheduler scheduler;
  std::vector<std::thread::id> threads;
  const auto note = [&] { threads.push_back(std::this_thread::get_id()); };
  const auto one = make_task(note);
  for (int i = 0; i < 5; ++i) {
    scheduler.schedule_dedicated(*one, 7);
    scheduler.schedule(*make_task([&] {
      scheduler.drive({.done = [] { return false; }, .timeout = 1s});
    }));
    scheduler.run();
  }
  CHECK(threads == std::vector(5, threads.at(0)));
  scheduler.advance(1s);
}

TEST_CASE("what is queued for a lane whose turn waits has to wait") {
  stepped_scheduler scheduler;
  bool let_go = false;
  std::string order;
  scheduler.schedule_dedicated(*make_task([&] {
    scheduler.drive(until(let_go));
    order += 'a';
  }),
                               7);
  scheduler.run();
  scheduler.schedule_dedicated(*make_task([&] { order += 'b'; }), 7);
  scheduler.run();
  CHECK(order.empty());
  let_go = true;
  scheduler.run();
  CHECK(order == "ab");
}

TEST_CASE("several threads may wait outside") {
  stepped_scheduler scheduler;
  std::atomic<bool> first{false};
  std::atomic<bool> second{false};
  scheduler.after(1s, [&] { first = true; });
  scheduler.after(2s, [&] { second = true; });
  drive_result other = drive_result::not_driven;
  std::thread waiting{[&] {
    other = scheduler.drive({.done = [&] { return second.load(); }});
  }};
  CHECK(scheduler.drive({.done = [&] { return first.load(); }}) ==
        drive_result::done);
  waiting.join();
  CHECK(other == drive_result::done);
}

void do_nothing(int) {}

TEST_CASE("a signal interrupts a wait outside, while a turn runs") {
  struct sigaction action {};
  action.sa_handler = do_nothing;
  sigaction(SIGUSR1, &action, nullptr);
  stepped_scheduler scheduler;
  std::atomic<bool> interrupted{false};
  const pthread_t here = pthread_self();
  scheduler.schedule(*make_task([&] {
    while (!interrupted) {  // it may not be asleep yet
      pthread_kill(here, SIGUSR1);
      std::this_thread::yield();
    }
  }));
  bool done = false;
  scheduler.schedule(*make_task([&] { done = true; }));
  CHECK(scheduler.drive({.done = [] { return false; }}) ==
        drive_result::interrupted);
  interrupted = true;
  CHECK(scheduler.drive(until(done)) == drive_result::done);
}

TEST_CASE("a descriptor that becomes readable ends a wait") {
  stepped_scheduler scheduler;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  bool done = false;
  {
    const auto watch = scheduler.watch(ends[0], [&] { done = true; });
    watch->arm();
    std::thread writer{[&] { CHECK(write(ends[1], ".", 1) == 1); }};
    CHECK(scheduler.drive(until(done)) == drive_result::done);
    writer.join();
  }
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("on_quiet is called when nothing is left, and not before") {
  stepped_scheduler scheduler;
  int calls = 0;
  bool was_quiet = false;
  bool let_go = false;
  scheduler.set_on_quiet([&] {
    ++calls;
    was_quiet = scheduler.quiet();
  });
  scheduler.schedule(*make_task([&] { scheduler.drive(until(let_go)); }));
  scheduler.run();
  CHECK(calls == 0);
  let_go = true;
  scheduler.run();
  CHECK(calls == 1);
  CHECK(was_quiet);
}

}  // TEST_SUITE("stepped_scheduler"*doctest::timeout(60)

}  // namespace
}  // namespace troupe
