// SPDX-License-Identifier: Apache-2.0
// An idle scheduler does nothing at all: the kernel counts how often each of
// its threads went to sleep.
#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <string>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

/// The context switches, so far, of all threads whose name begins so.
long count_switches(const std::string& prefix) {
  long total = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream comm{thread.path() / "comm"};
    std::string name;
    std::getline(comm, name);
    if (name.rfind(prefix, 0) != 0) {
      continue;
    }
    std::ifstream status{thread.path() / "status"};
    for (std::string word; status >> word;) {
      if (word.ends_with("voluntary_ctxt_switches:")) {
        long count = 0;
        status >> count;
        total += count;
      }
    }
  }
  return total;
}

/// Lets time pass without any part of the scheduler.
void let_pass(std::chrono::milliseconds time) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  REQUIRE(timer >= 0);
  itimerspec when{};
  when.it_value.tv_nsec = std::chrono::nanoseconds{time}.count();
  REQUIRE(timerfd_settime(timer, 0, &when, nullptr) == 0);
  std::uint64_t expirations = 0;
  CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
  close(timer);
}

TEST_SUITE("idle") {

TEST_CASE("when all is done no thread wakes up any more" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 2, .thread_name = "rest"}};
  std::latch fired{1};
  scheduler.after(std::chrono::milliseconds{1}, [&] { fired.count_down(); });
  for (int i = 0; i < 10; ++i) {
    int turns = 0;
    scheduler.schedule(*make_task([&scheduler, turns]() mutable {
      scheduler.schedule(*make_task([&scheduler] {
        const blocking_region region{scheduler};
        scheduler.schedule(*make_task([] {}));
      }));
      return ++turns < 20 ? turn_result::more : turn_result::parked;
    }));
  }
  scheduler.schedule_dedicated(*make_task([] {}), 0);
  fired.wait();
  wait_until_quiet(scheduler);

  // The threads may need a moment to fall asleep, and the monitor a last tick;
  // after that one window of several monitor periods must be empty.
  bool at_rest = false;
  for (int i = 0; i < 50 && !at_rest; ++i) {
    const long before = count_switches("rest");
    CHECK(before > 0);
    let_pass(std::chrono::milliseconds{60});
    at_rest = count_switches("rest") == before;
  }
  CHECK(at_rest);
}

}  // TEST_SUITE("idle")

}  // namespace
}  // namespace troupe
