// SPDX-License-Identifier: Apache-2.0
#include "scheduler/timer_queue.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

void fire_due(timer_queue& queue, clock_duration now) {
  while (const auto fire = queue.take_due(now)) {
    fire();
  }
}

TEST_SUITE("timer_queue") {

TEST_CASE("timers are due in the order of their deadlines, then of adding") {
  timer_queue queue;
  std::string order;
  queue.add(2s, [&] { order += 'c'; });
  queue.add(1s, [&] { order += 'a'; });
  queue.add(1s, [&] { order += 'b'; });
  CHECK(queue.next_deadline() == 1s);
  fire_due(queue, 3s);
  CHECK(order == "abc");
  CHECK(queue.empty());
  CHECK_FALSE(queue.next_deadline().has_value());
}

TEST_CASE("a timer is due at its deadline and not before") {
  timer_queue queue;
  queue.add(5ns, [] {});
  CHECK(queue.take_due(4ns) == nullptr);
  CHECK(queue.take_due(5ns) != nullptr);
  CHECK(queue.take_due(5ns) == nullptr);
}

TEST_CASE("a timer can be removed once, while it is pending") {
  timer_queue queue;
  const timer_id first = queue.add(1s, [] {});
  const timer_id second = queue.add(1s, [] {});
  CHECK(first != second);
  CHECK(queue.remove(first) != nullptr);
  CHECK(queue.remove(first) == nullptr);
  CHECK(queue.take_due(1s) != nullptr);
  CHECK(queue.remove(second) == nullptr);
  CHECK(queue.remove(timer_id::none) == nullptr);
}

TEST_CASE("a hundred thousand timers fire or are removed, each once") {
  constexpr std::size_t count = 100'000;
  std::mt19937 random{1};
  timer_queue queue;
  std::vector<int> fired(count, 0);
  std::vector<timer_id> ids;
  clock_duration last{0};
  for (std::size_t i = 0; i < count; ++i) {
    const clock_duration deadline{random() % 1'000'000};
    ids.push_back(queue.add(deadline, [&, i, deadline] {
      ++fired[i];
      CHECK(deadline >= last);
      last = deadline;
    }));
  }
  for (std::size_t i = 0; i < count; i += 3) {
    CHECK(queue.remove(ids[i]) != nullptr);
  }
  fire_due(queue, 1ms);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    wrong += fired[i] != (i % 3 == 0 ? 0 : 1) ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(queue.empty());
}

}  // TEST_SUITE("timer_queue")

}  // namespace
}  // namespace troupe
