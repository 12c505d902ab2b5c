// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/interpreter_pool.hpp"

#include <atomic>
#include <latch>
#include <semaphore>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

result<ref_ptr<interpreter>> create() {
  return test_runtime().create();
}

void wait_until_warm(const interpreter_pool& pool, std::size_t count) {
  while (pool.stats().warm < count) {
    std::this_thread::yield();
  }
}

TEST_SUITE("interpreter_pool") {

TEST_CASE("a taken interpreter works, and the pool is refilled" *
          doctest::timeout(30)) {
  reaper ends;
  interpreter_pool pool{create, ends, 2};
  wait_until_warm(pool, 2);
  auto taken = pool.take();
  REQUIRE(taken.has_value());
  {
    const interpreter::attach scope{**taken};
    CHECK(eval("2 + 3") == "5");
  }
  wait_until_warm(pool, 2);
  CHECK(pool.stats().created == 3);
  CHECK(pool.stats().creation_time > std::chrono::nanoseconds{0});
  ends.end(*taken);
  pool.shutdown();
  ends.shutdown();
  CHECK(ends.stats().ended == 3);
}

TEST_CASE("a pool of none makes what is asked for" * doctest::timeout(30)) {
  reaper ends;
  interpreter_pool pool{create, ends, 0};
  CHECK(pool.stats().created == 0);
  auto taken = pool.take();
  REQUIRE(taken.has_value());
  CHECK(pool.stats().created == 1);
  ends.end(*taken);
}

TEST_CASE("many takers at once get one each" * doctest::timeout(60)) {
  reaper ends;
  interpreter_pool pool{create, ends, 1};
  std::mutex m;
  std::set<std::int64_t> ids;
  std::vector<std::thread> takers;
  for (int i = 0; i < 8; ++i) {
    takers.emplace_back([&] {
      auto taken = pool.take();
      CHECK(taken.has_value());
      ends.end(*taken);
      const std::lock_guard lock{m};
      ids.insert((*taken)->id());
    });
  }
  for (std::thread& taker : takers) {
    taker.join();
  }
  CHECK(ids.size() == 8);
}

// The cases below need no interpreters: what is created is decided by hand.

TEST_CASE("a failed creation goes to a taker that waits" *
          doctest::timeout(30)) {
  reaper ends;
  std::counting_semaphore<> fail{0};
  interpreter_pool pool{[&]() -> result<ref_ptr<interpreter>> {
                          fail.acquire();
                          return make_error(errc::out_of_memory, "no memory");
                        },
                        ends, 0};
  std::thread taker{[&] {
    const auto taken = pool.take();
    CHECK(taken.has_error());
    CHECK(taken.error().detail == "no memory");
  }};
  fail.release();
  taker.join();
  CHECK(pool.stats().failed == 1);
}

TEST_CASE("take() gives up at its deadline" * doctest::timeout(30)) {
  reaper ends;
  std::counting_semaphore<> go{0};
  interpreter_pool pool{[&]() -> result<ref_ptr<interpreter>> {
                          go.acquire();
                          return make_error(errc::failed, "too late");
                        },
                        ends, 0};
  const auto taken = pool.take(interpreter_pool::clock::now());
  CHECK(taken.has_error());
  CHECK(taken.error().code == errc::timed_out);
  go.release();
  pool.shutdown();
}

TEST_CASE("shutdown() turns takers away, those that wait too" *
          doctest::timeout(30)) {
  reaper ends;
  std::latch creating{1};
  std::counting_semaphore<> go{0};
  interpreter_pool pool{[&]() -> result<ref_ptr<interpreter>> {
                          creating.count_down();
                          go.acquire();
                          return create();
                        },
                        ends, 0};
  std::thread taker{[&] {
    const auto taken = pool.take();
    CHECK(taken.has_error());
    CHECK(taken.error().code == errc::stopped);
    go.release();
  }};
  creating.wait();
  pool.shutdown();
  taker.join();
  CHECK(pool.take().error().code == errc::stopped);
  ends.shutdown();
  CHECK(ends.stats().ended == 1);
}

}  // TEST_SUITE("interpreter_pool")
}  // namespace
}  // namespace troupe
