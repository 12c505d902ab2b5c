// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/near_name.hpp"

#include <array>

#include <doctest/doctest.h>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 4> known{"module", "name", "count",
                                                "kwargs"};

TEST_SUITE("near_name") {

TEST_CASE("a letter too many, too few, wrong, or two swapped are near") {
  CHECK(near_name("modulee", known) == "module");
  CHECK(near_name("modul", known) == "module");
  CHECK(near_name("nane", known) == "name");
  CHECK(near_name("kwrags", known) == "kwargs");
}

TEST_CASE("another word is near nothing") {
  CHECK(near_name("colour", known) == "");
  CHECK(near_name("", known) == "");
  CHECK(near_name(std::string(1000, 'x'), known) == "");
}

TEST_CASE("of two near names the nearer one is meant") {
  constexpr std::array<std::string_view, 2> both{"count", "counts"};
  CHECK(near_name("countss", both) == "counts");
}

TEST_CASE("of two equally near names the one that begins alike is meant") {
  constexpr std::array<std::string_view, 2> files{"a9.py", "app.py"};
  CHECK(near_name("ap.py", files) == "app.py");
}

TEST_CASE("the hint is empty when there is none") {
  CHECK(did_you_mean("nam", known) == "; did you mean 'name'?");
  CHECK(did_you_mean("zzz", known) == "");
}

}  // TEST_SUITE("near_name")

}  // namespace
}  // namespace troupe
