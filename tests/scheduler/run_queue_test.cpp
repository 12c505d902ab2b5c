// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run_queue.hpp"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/scheduler/tasks.hpp"

namespace troupe {
namespace {

std::vector<ref_ptr<task>> make_tasks(std::size_t count) {
  std::vector<ref_ptr<task>> tasks;
  for (std::size_t i = 0; i < count; ++i) {
    tasks.push_back(make_task([] {}));
  }
  return tasks;
}

void fill(run_queue& queue, const std::vector<ref_ptr<task>>& tasks) {
  for (const auto& t : tasks) {
    REQUIRE(queue.push(*t));
  }
}

TEST_SUITE("run_queue") {

TEST_CASE("the oldest comes first") {
  run_queue queue{run_queue::initially::open};
  const auto tasks = make_tasks(3);
  fill(queue, tasks);
  CHECK(queue.size() == 3);
  CHECK(queue.pop() == tasks[0].get());
  CHECK(queue.pop() == tasks[1].get());
  CHECK(queue.pop() == tasks[2].get());
  CHECK(queue.pop() == nullptr);
  CHECK(queue.empty());
}

TEST_CASE("half of what waits can be taken, rounded up, the oldest") {
  run_queue queue{run_queue::initially::open};
  const auto tasks = make_tasks(5);
  fill(queue, tasks);
  auto half = queue.take_half();
  CHECK(half.size() == 3);
  CHECK(half.pop_front() == tasks[0].get());
  CHECK(half.pop_front() == tasks[1].get());
  CHECK(half.pop_front() == tasks[2].get());
  CHECK(half.pop_front() == nullptr);
  CHECK(queue.size() == 2);
  CHECK(queue.pop() == tasks[3].get());
}

TEST_CASE("of a very long queue only a few dozen are taken") {
  run_queue queue{run_queue::initially::open};
  const auto tasks = make_tasks(1000);
  fill(queue, tasks);
  CHECK(queue.take_half().size() == 64);
  CHECK(queue.size() == 936);
}

TEST_CASE("half of nothing is nothing") {
  run_queue queue{run_queue::initially::open};
  CHECK(queue.take_half().empty());
}

TEST_CASE("a list goes in as a whole, behind the others") {
  run_queue queue{run_queue::initially::open};
  const auto tasks = make_tasks(3);
  REQUIRE(queue.push(*tasks[0]));
  runnable_list list;
  list.push_back(*tasks[1]);
  list.push_back(*tasks[2]);
  REQUIRE(queue.push_all(list));
  CHECK(list.empty());
  CHECK(queue.size() == 3);
  CHECK(queue.pop() == tasks[0].get());
  CHECK(queue.pop() == tasks[1].get());
  CHECK(queue.pop() == tasks[2].get());
}

TEST_CASE("a closed queue gives all it had, and refuses more") {
  run_queue queue{run_queue::initially::open};
  const auto tasks = make_tasks(3);
  fill(queue, tasks);
  auto all = queue.close();
  REQUIRE(all.has_value());
  CHECK(all->size() == 3);
  CHECK(queue.empty());
  CHECK(queue.is_closed());
  CHECK_FALSE(queue.push(*tasks[0]));
  CHECK_FALSE(queue.push_all(*all));
  CHECK(all->size() == 3);

  SUBCASE("to close it again gives nothing") {
    CHECK_FALSE(queue.close().has_value());
  }
  SUBCASE("when opened it accepts again") {
    queue.open();
    CHECK(queue.push(*tasks[0]));
    CHECK(queue.pop() == tasks[0].get());
  }
}

TEST_CASE("a queue can be closed from the start") {
  run_queue queue{run_queue::initially::closed};
  const auto one = make_task([] {});
  CHECK_FALSE(queue.push(*one));
}

TEST_CASE("what is pushed, popped, stolen and refused adds up" *
          doctest::timeout(60)) {
  constexpr std::size_t pushers = 2;
  constexpr std::size_t each = 2000;
  run_queue queue{run_queue::initially::open};
  std::vector<std::vector<ref_ptr<task>>> tasks;
  for (std::size_t i = 0; i < pushers; ++i) {
    tasks.push_back(make_tasks(each));
  }
  std::atomic<std::size_t> in{0};
  std::atomic<std::size_t> refused{0};
  std::atomic<std::size_t> out{0};
  std::atomic<std::size_t> pushing{pushers};
  std::vector<std::thread> threads;
  for (const auto& mine : tasks) {
    threads.emplace_back([&] {
      for (const auto& t : mine) {
        ++(queue.push(*t) ? in : refused);
      }
      --pushing;
    });
  }
  threads.emplace_back([&] {
    while (pushing != 0 || !queue.empty()) {
      out += queue.pop() != nullptr ? 1 : 0;
    }
  });
  threads.emplace_back([&] {
    while (pushing != 0 || !queue.empty()) {
      out += queue.take_half().size();
      if (const auto all = queue.close()) {
        out += all->size();
        queue.open();
      }
    }
  });
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(in + refused == pushers * each);
  CHECK(in == out);
}

}  // TEST_SUITE("run_queue")

}  // namespace
}  // namespace troupe
