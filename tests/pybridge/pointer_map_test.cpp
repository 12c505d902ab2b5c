// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/pointer_map.hpp"

#include <doctest/doctest.h>

#include <array>
#include <unordered_map>
#include <vector>

namespace troupe {
namespace {

TEST_SUITE("pointer_map") {

TEST_CASE("what was inserted is found, at any size") {
  std::vector<std::array<char, 48>> objects(5000);
  pointer_map<int> map;
  for (int i = 0; i != 5000; ++i) {
    CHECK(map.find(&objects[i]) == nullptr);
    map.insert(&objects[i], i);
    if (i % 97 == 0) {  // all of them, from time to time
      for (int j = 0; j <= i; ++j) {
        const int* found = map.find(&objects[j]);
        REQUIRE(found != nullptr);
        REQUIRE(*found == j);
      }
    }
  }
  CHECK(map.size() == 5000);
}

TEST_CASE("for_each meets every entry once") {
  for (const int size : {0, 1, 8, 9, 100}) {
    std::vector<int> objects(static_cast<std::size_t>(size));
    pointer_map<int> map;
    for (int& object : objects) {
      map.insert(&object, 1);
    }
    std::unordered_map<const void*, int> met;
    map.for_each([&](const void* key, int& value) { met[key] += value; });
    CHECK(met.size() == objects.size());
    for (const int& object : objects) {
      CHECK(met[&object] == 1);
    }
  }
}

TEST_CASE("a value can be changed in place, and clear() forgets all") {
  int a = 0;
  pointer_map<int> map;
  map.insert(&a, 1);
  *map.find(&a) = 2;
  CHECK(*map.find(&a) == 2);
  map.clear();
  CHECK(map.find(&a) == nullptr);
  CHECK(map.size() == 0);
}

}  // TEST_SUITE("pointer_map")

}  // namespace
}  // namespace troupe
