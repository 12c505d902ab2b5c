// SPDX-License-Identifier: Apache-2.0
#include "scheduler/activity.hpp"

#include <doctest/doctest.h>

namespace troupe {
namespace {

TEST_SUITE("activity") {

TEST_CASE("all is quiet when as much has ended as was scheduled") {
  activity counts{2};
  CHECK(counts.quiet());
  counts.count_scheduled();
  CHECK_FALSE(counts.quiet());
  counts.of(1).scheduled.increment();  // by the turn that goes on
  counts.of(1).ended.increment();
  CHECK_FALSE(counts.quiet());
  counts.of(0).ended.increment();
  CHECK(counts.quiet());
}

TEST_CASE("who sleeps calls on_quiet only when all is quiet") {
  activity counts{1};
  int calls = 0;
  counts.set_on_quiet([&] { ++calls; });
  counts.count_scheduled();
  counts.before_sleep();
  CHECK(calls == 0);
  counts.count_ended();
  counts.before_sleep();
  CHECK(calls == 1);
  CHECK(counts.sleeps() == 2);
}

TEST_CASE("on_quiet can be changed, also from within itself") {
  activity counts{1};
  int calls = 0;
  counts.set_on_quiet([&] {
    ++calls;
    counts.set_on_quiet({});
  });
  counts.before_sleep();
  counts.before_sleep();
  CHECK(calls == 1);
}

TEST_CASE("turns and steals are summed up over the workers") {
  activity counts{3};
  counts.of(0).turns.increment();
  counts.of(2).turns.increment();
  counts.of(2).steals.increment();
  counts.count_turn();
  CHECK(counts.turns() == 3);
  CHECK(counts.steals() == 1);
}

}  // TEST_SUITE("activity")

}  // namespace
}  // namespace troupe
