// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <latch>
#include <semaphore>
#include <vector>

#include <doctest/doctest.h>
#include <boost/system/system_error.hpp>

#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

TEST_SUITE("signals") {

TEST_CASE("a signal calls its function, each time" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::vector<int> seen;
  std::counting_semaphore<> called{0};
  scheduler.on_signal({SIGUSR1, SIGUSR2}, [&](int number) {
    seen.push_back(number);
    called.release();
  });
  for (const int number : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    std::raise(number);
    called.acquire();
  }
  CHECK(seen == std::vector<int>{SIGUSR1, SIGUSR2, SIGUSR1});
}

TEST_CASE("several functions can wait for the same signal" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch called{2};
  scheduler.on_signal({SIGUSR1}, [&](int) { called.count_down(); });
  scheduler.on_signal({SIGUSR1}, [&](int) { called.count_down(); });
  std::raise(SIGUSR1);
  called.wait();
  CHECK(called.try_wait());
}

TEST_CASE("a signal that can't be caught is refused") {
  thread_scheduler scheduler{{.workers = 1}};
  CHECK_THROWS_AS(scheduler.on_signal({SIGKILL}, [](int) {}),
                  boost::system::system_error);
}

TEST_CASE("a scheduler that ends lets go of its signals") {
  std::signal(SIGUSR1, SIG_IGN);
  {
    thread_scheduler scheduler{{.workers = 1}};
    scheduler.on_signal({SIGUSR1}, [](int) {});
  }
  const bool is_default = std::signal(SIGUSR1, SIG_IGN) == SIG_DFL;
  CHECK(is_default);
}

}  // TEST_SUITE("signals")

}  // namespace
}  // namespace troupe
