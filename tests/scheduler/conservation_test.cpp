// SPDX-License-Identifier: Apache-2.0
// Generative: small actors send to each other, from many threads, with long and
// blocking turns among them. What is sent is handled; nobody runs twice at the
// same time; no wake-up is lost, or the test hangs.
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

struct world;

/// Has a mailbox that only counts. A message says how many more to send.
class cell final : public runnable {
public:
  cell(world& w, std::uint32_t seed) : world_{w}, random_{seed} {}

  void send(std::uint64_t hops);
  turn_result resume() noexcept override;

private:
  void handle(std::uint64_t hops);
  void dawdle();

  world& world_;
  std::minstd_rand random_;              // in turns only
  std::atomic<int> running_{0};          // 1 in a turn
  std::atomic<std::uint64_t> count_{0};  // messages that wait
  std::atomic<std::uint64_t> hops_{0};   // theirs, in sum
};

struct world {
  thread_scheduler scheduler;
  bool dedicated;
  std::vector<ref_ptr<cell>> cells{};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<int> overlaps{0};
};

void cell::send(std::uint64_t hops) {
  ++world_.sent;
  hops_ += hops;
  if (count_++ == 0) {
    if (world_.dedicated && this == world_.cells.front().get()) {
      world_.scheduler.schedule_dedicated(*this, 0);
    } else {
      world_.scheduler.schedule(*this);
    }
  }
}

turn_result cell::resume() noexcept {
  world_.overlaps += running_.exchange(1);
  const std::uint64_t hops = hops_.exchange(0);
  handle(hops);
  ++world_.handled;
  running_ = 0;
  return --count_ == 0 ? turn_result::parked : turn_result::more;
}

void cell::handle(std::uint64_t hops) {
  dawdle();
  // Splits what it got over a few others.
  while (hops > 0) {
    const std::uint64_t part = 1 + random_() % hops;
    world_.cells[random_() % world_.cells.size()]->send(part - 1);
    hops -= part;
  }
}

void cell::dawdle() {
  const auto dice = random_() % 200;
  if (dice == 0) {
    const blocking_region region{world_.scheduler};
    std::this_thread::yield();
  } else if (dice == 1) {
    const auto until = std::chrono::steady_clock::now() + 300us;
    while (std::chrono::steady_clock::now() < until) {
    }
  }
}

struct shape {
  std::size_t workers;
  std::size_t spares;
  std::size_t cells;
  std::size_t outside;
  bool dedicated;
};

void run(const shape& s, std::uint32_t seed) {
  CAPTURE(seed);
  world w{.scheduler = thread_scheduler{{.workers = s.workers,
                                         .spare_limit = s.spares,
                                         .monitor_period = 200us}},
          .dedicated = s.dedicated};
  for (std::uint32_t i = 0; i < s.cells; ++i) {
    w.cells.push_back(make_ref_counted<cell>(w, seed + i));
  }
  std::vector<std::thread> outside;
  for (std::uint32_t t = 0; t < s.outside; ++t) {
    outside.emplace_back([&w, random = std::minstd_rand{seed + t}]() mutable {
      for (int i = 0; i < 100; ++i) {
        w.cells[random() % w.cells.size()]->send(random() % 20);
      }
    });
  }
  for (auto& thread : outside) {
    thread.join();
  }
  wait_until_quiet(w.scheduler);
  CHECK(w.sent == w.handled);
  CHECK(w.overlaps == 0);
  CHECK(w.scheduler.stats().turns == w.handled);
  w.scheduler.stop();
}

TEST_SUITE("conservation") {

TEST_CASE("what is sent is handled" * doctest::timeout(120)) {
  const std::uint32_t seed = std::random_device{}();
  MESSAGE("seed " << seed);
  for (std::uint32_t i = 0; i < 15; ++i) {
    run({.workers = 2,
         .spares = 4,
         .cells = 20,
         .outside = 3,
         .dedicated = false},
        seed + 100 * i);
    run({.workers = 3,
         .spares = 1,
         .cells = 5,
         .outside = 2,
         .dedicated = true},
        seed + 100 * i);
    run({.workers = 1,
         .spares = 0,
         .cells = 10,
         .outside = 2,
         .dedicated = true},
        seed + 100 * i);
    run({.workers = 4,
         .spares = 8,
         .cells = 200,
         .outside = 1,
         .dedicated = false},
        seed + 100 * i);
  }
}

}  // TEST_SUITE("conservation")

}  // namespace
}  // namespace troupe
