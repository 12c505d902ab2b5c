// SPDX-License-Identifier: Apache-2.0
#include <barrier>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/scheduler.hpp"

namespace troupe {
namespace {

std::size_t slot_of_new_thread() {
  std::size_t slot = max_thread_slots;
  std::thread{[&] { slot = this_thread_slot(); }}.join();
  return slot;
}

TEST_SUITE("thread_slot") {

TEST_CASE("a thread keeps its slot") {
  CHECK(this_thread_slot() == this_thread_slot());
  CHECK(this_thread_slot() < max_thread_slots);
}

TEST_CASE("threads that live at the same time have different slots" *
          doctest::timeout(30)) {
  constexpr std::size_t count = 100;
  std::vector<std::size_t> slots(count);
  std::barrier all_have_one{static_cast<std::ptrdiff_t>(count)};
  std::vector<std::thread> threads;
  for (auto& slot : slots) {
    threads.emplace_back([&] {
      slot = this_thread_slot();
      all_have_one.arrive_and_wait();
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  std::set<std::size_t> different{slots.begin(), slots.end()};
  different.insert(this_thread_slot());
  CHECK(different.size() == count + 1);
  CHECK(*different.rbegin() <= count);
}

TEST_CASE("the slot of a thread that ended is used again") {
  const std::size_t first = slot_of_new_thread();
  for (std::size_t i = 0; i < 2 * max_thread_slots; ++i) {
    REQUIRE(slot_of_new_thread() == first);
  }
}

}  // TEST_SUITE("thread_slot")

}  // namespace
}  // namespace troupe
