// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace troupe {
namespace {

result<int> half_of(int number) {
  if (number % 2 != 0) {
    return make_error(errc::invalid_argument,
                      std::to_string(number) + " is odd");
  }
  return number / 2;
}

TEST_SUITE("result") {

TEST_CASE("a result holds a value") {
  const auto half = half_of(8);
  REQUIRE(half.has_value());
  CHECK(*half == 4);
  CHECK(half.value() == 4);
}

TEST_CASE("a result holds an error with a code and words") {
  const auto half = half_of(7);
  REQUIRE(half.has_error());
  CHECK(half.error().code == errc::invalid_argument);
  CHECK(half.error().detail == "7 is odd");
}

TEST_CASE("to ask a failed result for its value throws the error") {
  try {
    static_cast<void>(half_of(7).value());
    FAIL("did not throw");
  } catch (const exception& e) {
    CHECK(e.get_error().code == errc::invalid_argument);
    CHECK(std::string{e.what()} == "7 is odd");
  }
}

TEST_CASE("a result may hold what can only be moved, or nothing at all") {
  result<std::unique_ptr<int>> owner{std::make_unique<int>(3)};
  CHECK(*std::move(owner).value() == 3);
  const result<void> nothing;
  CHECK(nothing.has_value());
}

}  // TEST_SUITE("result")

}  // namespace
}  // namespace troupe
