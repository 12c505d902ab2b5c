// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/service_threads.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include <doctest/doctest.h>

namespace troupe {
namespace {

constexpr auto forever = service_threads::duration::max();

TEST_SUITE("service_threads") {

TEST_CASE("every job runs once" * doctest::timeout(30)) {
  std::atomic<int> ran{0};
  service_threads threads{3, forever};
  for (int i = 0; i < 1000; ++i) {
    CHECK(threads.post([&] { ++ran; }));
  }
  CHECK(threads.shutdown() == 0);
  CHECK(ran == 1000);
}

TEST_CASE("no more than the limit run at a time" * doctest::timeout(30)) {
  std::atomic<int> running{0}, most{0};
  service_threads threads{2, forever};
  for (int i = 0; i < 200; ++i) {
    threads.post([&] {
      const int now = ++running;
      for (int seen = most; seen < now;) {
        most.compare_exchange_weak(seen, now);
      }
      std::this_thread::yield();
      --running;
    });
  }
  threads.shutdown();
  CHECK(most <= 2);
}

TEST_CASE("up to the limit run at the same time" * doctest::timeout(30)) {
  std::latch all{3};
  service_threads threads{3, forever};
  for (int i = 0; i < 3; ++i) {
    threads.post([&] { all.arrive_and_wait(); });
  }
  threads.shutdown();
}

TEST_CASE("a thread is used again and again" * doctest::timeout(30)) {
  std::mutex m;
  std::set<std::thread::id> ids;
  service_threads threads{1, forever};
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    threads.post([&] {
      {
        const std::lock_guard lock{m};
        ids.insert(std::this_thread::get_id());
      }
      done.set_value();
    });
    done.get_future().wait();
  }
  threads.shutdown();
  CHECK(ids.size() == 1);
}

TEST_CASE("others take the place of a stuck job, and nobody waits for it" *
          doctest::timeout(30)) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> stuck_ended;
  std::atomic<int> ran{0};
  {
    service_threads threads{1, std::chrono::milliseconds{20}};
    threads.post([released, &stuck_ended] {
      released.wait();
      stuck_ended.set_value();
    });
    for (int i = 0; i < 10; ++i) {
      threads.post([&] { ++ran; });
    }
    CHECK(threads.shutdown() == 1);
    CHECK(threads.stuck() == 1);
    CHECK(ran == 10);
  }
  release.set_value();
  stuck_ended.get_future().wait();
}

TEST_CASE("after shutdown jobs are refused") {
  service_threads threads{1, forever};
  threads.shutdown();
  CHECK_FALSE(threads.post([] {}));
  CHECK(threads.shutdown() == 0);
}

}  // TEST_SUITE("service_threads")
}  // namespace
}  // namespace troupe
