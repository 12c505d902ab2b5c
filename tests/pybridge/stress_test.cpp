// SPDX-License-Identifier: Apache-2.0
// Everything at once: turns on several threads, interrupts, ends, new ones.
#include "pybridge/python.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "pybridge/interpreters/interpreter_pool.hpp"
#include "pybridge/interpreters/reaper.hpp"
#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

constexpr int worker_count = 4;
constexpr int home_count = 3;
constexpr int turns_each = 300;
constexpr std::uint64_t token = 1;

// Where turns take place, one at a time; the interpreter changes.
struct place {
  std::mutex turn;
  ref_ptr<interpreter> home;  // guarded by turn
};

class theatre {
public:
  theatre() {
    for (place& p : places_) {
      p.home = pool_.take().value();
    }
  }
  ~theatre() {
    for (place& p : places_) {
      ends_.end(p.home);
    }
    pool_.shutdown();
    ends_.shutdown();
  }

  void work(std::uint32_t seed) {
    std::mt19937 random{seed};
    for (int i = 0; i < turns_each; ++i) {
      place& p = places_[random() % home_count];
      const std::lock_guard lock{p.turn};
      take_turn(*p.home);
      if (random() % 50 == 0) {
        ends_.end(std::exchange(p.home, pool_.take().value()));
      }
    }
  }

  // Whatever the others do, until they are done.
  void interrupt(std::uint32_t seed, const std::atomic<bool>& done) {
    std::mt19937 random{seed};
    while (!done) {
      place& p = places_[random() % home_count];
      p.turn.lock();
      const auto home = p.home;
      p.turn.unlock();
      home->interrupt(token, "builtins:KeyboardInterrupt");
    }
  }

  reaper_stats stats() const { return ends_.stats(); }
  std::uint64_t turns() const { return turns_; }

private:
  void take_turn(interpreter& home) {
    const interpreter::attach scope{home};
    const interpreter::interruptible running{home, token};
    const std::string outcome = eval("sum(len([i]) for i in range(300))");
    CHECK((outcome == "300" || outcome == "KeyboardInterrupt: "));
    ++turns_;
  }

  reaper ends_;
  interpreter_pool pool_{[] { return test_runtime().create(); }, ends_, 1};
  place places_[home_count];
  std::atomic<std::uint64_t> turns_{0};
};

TEST_SUITE("stress") {

TEST_CASE("turns, interrupts and ends don't get into each other's way" *
          doctest::timeout(120)) {
  const std::uint32_t seed = std::random_device{}();
  INFO("seed " << seed);
  theatre stage;
  std::atomic<bool> done{false};
  std::thread critic{[&] { stage.interrupt(seed, done); }};
  std::vector<std::thread> workers;
  for (std::uint32_t i = 1; i <= worker_count; ++i) {
    workers.emplace_back([&, i] { stage.work(seed + i); });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  done = true;
  critic.join();
  CHECK(stage.turns() == worker_count * turns_each);
  CHECK(stage.stats().leaked == 0);
}

}  // TEST_SUITE("stress")
}  // namespace
}  // namespace troupe
