// SPDX-License-Identifier: Apache-2.0
#include "scheduler/seats.hpp"

#include <doctest/doctest.h>

namespace troupe {
namespace {

TEST_SUITE("seats") {

TEST_CASE("at the start none is free and none is missing") {
  seats all;
  CHECK_FALSE(all.any_free());
  CHECK_FALSE(all.too_few());
  CHECK_FALSE(all.try_take());
}

TEST_CASE("one spare takes the seat that was left") {
  seats all;
  all.leave();
  CHECK(all.any_free());
  CHECK(all.try_take());
  CHECK_FALSE(all.try_take());
}

TEST_CASE("a base worker that comes back makes a spare one too many") {
  seats all;
  all.leave();
  REQUIRE(all.try_take());
  all.take();
  CHECK(all.too_few());
  all.leave();  // the spare
  CHECK_FALSE(all.too_few());
  CHECK_FALSE(all.any_free());
}

}  // TEST_SUITE("seats")

}  // namespace
}  // namespace troupe
