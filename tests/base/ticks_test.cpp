// SPDX-License-Identifier: Apache-2.0
#include "base/ticks.hpp"

#include <doctest/doctest.h>

namespace troupe {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("ticks") {

TEST_CASE("ticks go on as time does, within a tenth") {
  using clock = std::chrono::steady_clock;
  const auto outer_begin = clock::now();
  const ticks first = ticks_now();
  const auto inner_begin = clock::now();
  while (clock::now() - inner_begin < 5ms) {
  }
  const auto inner_time = clock::now() - inner_begin;
  const ticks last = ticks_now();
  const auto outer_time = clock::now() - outer_begin;
  CHECK(last - first > ticks_in(inner_time - inner_time / 10));
  CHECK(last - first < ticks_in(outer_time + outer_time / 10));
}

TEST_CASE("twice the time takes twice the ticks") {
  const double one = static_cast<double>(ticks_in(1ms));
  CHECK(static_cast<double>(ticks_in(2ms)) == doctest::Approx(2 * one));
  CHECK(ticks_in(0ns) == 0);
}

TEST_CASE("the time that ticks take is the time they were made of") {
  const auto back = duration_of(ticks_in(1s));
  CHECK(back > 999ms);
  CHECK(back < 1001ms);
}

}  // TEST_SUITE("ticks")

}  // namespace
}  // namespace troupe
