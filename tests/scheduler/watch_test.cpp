// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <latch>
#include <semaphore>
#include <system_error>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

class test_pipe {
public:
  test_pipe() { REQUIRE(pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~test_pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  test_pipe(const test_pipe&) = delete;
  test_pipe& operator=(const test_pipe&) = delete;

  int read_end() const noexcept { return ends_[0]; }
  void fill() const { CHECK(write(ends_[1], "x", 1) == 1); }
  void drain() const {
    char c = 0;
    CHECK(read(ends_[0], &c, 1) == 1);
  }

private:
  std::array<int, 2> ends_{};
};

TEST_SUITE("watch") {

TEST_CASE("an armed descriptor calls back once when it becomes readable" *
          doctest::timeout(30)) {
  const test_pipe p;
  thread_scheduler scheduler{{.workers = 1}};
  std::counting_semaphore<> called{0};
  const auto watch = scheduler.watch(p.read_end(), [&] { called.release(); });
  watch->arm();
  watch->arm();
  CHECK_FALSE(called.try_acquire());
  p.fill();
  called.acquire();
  p.fill();  // a new edge, and nobody has armed it
  std::latch served{1};
  scheduler.after({}, [&] { served.count_down(); });
  served.wait();
  CHECK_FALSE(called.try_acquire());
}

TEST_CASE("one that is readable when it is armed calls back at once" *
          doctest::timeout(30)) {
  const test_pipe p;
  thread_scheduler scheduler{{.workers = 1}};
  std::counting_semaphore<> called{0};
  p.fill();
  const auto watch = scheduler.watch(p.read_end(), [&] { called.release(); });
  for (int i = 0; i < 3; ++i) {  // it stays readable: nobody reads
    watch->arm();
    called.acquire();
  }
}

TEST_CASE("a watch that is gone leaves the descriptor open and never calls" *
          doctest::timeout(30)) {
  const test_pipe p;
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<bool> called{false};
  auto watch = scheduler.watch(p.read_end(), [&] { called = true; });
  watch->arm();
  watch.reset();
  p.fill();
  std::latch served{1};
  scheduler.after({}, [&] { served.count_down(); });
  served.wait();
  CHECK_FALSE(called);
  p.drain();  // checks that the descriptor is good
}

TEST_CASE("a callback may arm its watch again, and any thread may end it" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 1}};
  for (int i = 0; i < 200; ++i) {
    const test_pipe p;
    std::counting_semaphore<> called{0};
    std::atomic<descriptor_watch*> self{nullptr};
    p.fill();
    auto watch = scheduler.watch(p.read_end(), [&] {
      called.release();
      if (descriptor_watch* const w = self.exchange(nullptr)) {
        w->arm();
      }
    });
    self = watch.get();
    watch->arm();
    called.acquire();
    called.acquire();
    // The last call is over: it has nothing to arm.
    watch.reset();
  }
}

TEST_CASE("two threads that arm and one that ends it get along" *
          doctest::timeout(60)) {
  const test_pipe p;
  p.fill();
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<int> calls{0};
  auto watch = scheduler.watch(p.read_end(), [&] { ++calls; });
  const auto arm_often = [&] {
    while (calls < 500) {
      watch->arm();
    }
  };
  std::thread first{arm_often};
  std::thread second{arm_often};
  first.join();
  second.join();
  watch.reset();
  const int seen = calls;
  std::latch served{1};
  scheduler.after({}, [&] { served.count_down(); });
  served.wait();
  CHECK(calls <= seen + 1);
}

TEST_CASE("a descriptor that can't be waited for is refused") {
  thread_scheduler scheduler{{.workers = 1}};
  CHECK_THROWS_AS(scheduler.watch(-1, [] {}), std::system_error);
}

TEST_CASE("a scheduler may stop while watches are armed" *
          doctest::timeout(30)) {
  const test_pipe p;
  thread_scheduler scheduler{{.workers = 1}};
  std::atomic<bool> called{false};
  const auto watch = scheduler.watch(p.read_end(), [&] { called = true; });
  watch->arm();
  scheduler.stop();
  p.fill();
  CHECK_FALSE(called);
}

TEST_CASE("the manual scheduler looks at armed descriptors in each step") {
  const test_pipe p;
  manual_scheduler scheduler;
  int calls = 0;
  auto watch = scheduler.watch(p.read_end(), [&] { ++calls; });
  p.fill();
  scheduler.step();
  CHECK(calls == 0);  // not armed
  watch->arm();
  scheduler.step();
  scheduler.step();
  CHECK(calls == 1);
  watch->arm();  // readable still
  scheduler.step();
  CHECK(calls == 2);
  CHECK(scheduler.now() == clock_duration{0});
  watch->arm();
  watch.reset();
  scheduler.step();
  CHECK(calls == 2);
}

}  // TEST_SUITE("watch")

}  // namespace
}  // namespace troupe
