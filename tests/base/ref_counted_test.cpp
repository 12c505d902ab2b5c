// SPDX-License-Identifier: Apache-2.0
#include "base/ref_counted.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

class counted : public ref_counted {
public:
  explicit counted(int& alive) : alive_{alive} { ++alive_; }
  ~counted() override { --alive_; }

  int written = 0;

private:
  int& alive_;
};

TEST_SUITE("ref_counted") {

TEST_CASE("an object lives as long as one of its owners") {
  int alive = 0;
  auto first = make_ref_counted<counted>(alive);
  auto second = first;
  CHECK(alive == 1);
  first.reset();
  CHECK(alive == 1);
  second.reset();
  CHECK(alive == 0);
}

TEST_CASE("a count can be taken and given back by hand") {
  int alive = 0;
  auto* const object = make_ref_counted<counted>(alive).detach();
  object->retain();
  object->release();
  CHECK(alive == 1);
  object->release();
  CHECK(alive == 0);
}

TEST_CASE("owners on many threads end an object exactly once" *
          doctest::timeout(30)) {
  constexpr int owners = 4;
  for (int round = 0; round < 200; ++round) {
    int alive = 0;
    auto object = make_ref_counted<counted>(alive);
    std::vector<std::thread> threads;
    for (int i = 0; i < owners; ++i) {
      threads.emplace_back([mine = object] {
        for (int j = 0; j < 100; ++j) {
          const auto copy = mine;
        }
      });
    }
    object.reset();
    for (auto& thread : threads) {
      thread.join();
    }
    threads.clear();
    CHECK(alive == 0);
  }
}

}  // TEST_SUITE("ref_counted")

}  // namespace
}  // namespace troupe
