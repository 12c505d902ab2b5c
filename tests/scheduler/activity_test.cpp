// SPDX-License-Identifier: Apache-2.0
#include "scheduler/activity.hpp"

#include <latch>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

namespace troupe {
namespace {

// On the heap: with AddressSanitizer, GCC 12 aligns no local variable to 64.
std::unique_ptr<activity> make_activity(std::size_t workers) {
  return std::make_unique<activity>(workers);
}

TEST_SUITE("activity") {

TEST_CASE("all is quiet when as much has ended as was scheduled") {
  const auto counts = make_activity(2);
  CHECK(counts->quiet());
  counts->count_scheduled();
  CHECK_FALSE(counts->quiet());
  counts->of(1).scheduled.increment();  // by the turn that goes on
  counts->of(1).ended.increment();
  CHECK_FALSE(counts->quiet());
  counts->of(0).ended.increment();
  CHECK(counts->quiet());
}

TEST_CASE("who sleeps calls on_quiet only when all is quiet") {
  const auto counts = make_activity(1);
  int calls = 0;
  counts->set_on_quiet([&] { ++calls; });
  counts->count_scheduled();
  counts->before_sleep();
  CHECK(calls == 0);
  counts->count_ended();
  counts->before_sleep();
  CHECK(calls == 1);
  CHECK(counts->sleeps() == 2);
}

TEST_CASE("on_quiet can be changed, also from within itself") {
  const auto counts = make_activity(1);
  int calls = 0;
  counts->set_on_quiet([&] {
    ++calls;
    counts->set_on_quiet({});
  });
  counts->before_sleep();
  counts->before_sleep();
  CHECK(calls == 1);
}

TEST_CASE("when on_quiet has been changed, nobody is in it any more" *
          doctest::timeout(30)) {
  for (int round = 0; round < 300; ++round) {
    const auto counts = make_activity(1);
    auto owner = std::make_unique<int>(0);
    std::latch ready{1};
    std::thread sleeper{[&] {
      ready.count_down();
      for (int i = 0; i < 20; ++i) {
        counts->before_sleep();
      }
    }};
    counts->set_on_quiet([&] { ++*owner; });
    ready.wait();
    counts->set_on_quiet({});
    owner.reset();  // AddressSanitizer would tell
    sleeper.join();
    CHECK(counts->sleeps() == 20);
  }
}

TEST_CASE("turns and steals are summed up over the workers") {
  const auto counts = make_activity(3);
  counts->of(0).turns.increment();
  counts->of(2).turns.increment();
  counts->of(2).steals.increment();
  counts->count_turn();
  CHECK(counts->turns() == 3);
  CHECK(counts->steals() == 1);
}

}  // TEST_SUITE("activity")

}  // namespace
}  // namespace troupe
