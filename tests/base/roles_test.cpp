// SPDX-License-Identifier: Apache-2.0
#include "base/roles.hpp"

#include <type_traits>

#include <doctest/doctest.h>

namespace troupe {
namespace {

class guarded {
public:
  int take() TROUPE_REQUIRES(turn) { return 7; }
};

TEST_SUITE("roles") {

TEST_CASE("what needs a role can be called where the role is held") {
  guarded g;
  const turn_scope in_turn;
  CHECK(g.take() == 7);
}

TEST_CASE("a role costs nothing and can't be passed on") {
  CHECK(std::is_empty_v<turn_scope>);
  CHECK_FALSE(std::is_copy_constructible_v<turn_scope>);
}

}  // TEST_SUITE("roles")

}  // namespace
}  // namespace troupe
