// SPDX-License-Identifier: Apache-2.0
#include "scheduler/idle_set.hpp"

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

TEST_SUITE("idle_set") {

TEST_CASE("who has announced is in the set until withdrawn") {
  idle_set set{100};
  CHECK(set.empty());
  set.announce(70);
  CHECK_FALSE(set.empty());
  CHECK(set.contains(70));
  CHECK_FALSE(set.contains(6));
  CHECK(set.withdraw(70));
  CHECK(set.empty());
}

TEST_CASE("whoever is claimed can't withdraw, nor be claimed again") {
  idle_set set{4};
  set.announce(2);
  CHECK(set.claim(2));
  CHECK_FALSE(set.claim(2));
  CHECK_FALSE(set.withdraw(2));
}

TEST_CASE("any claim takes the lowest, and nobody when nobody is there") {
  idle_set set{200};
  CHECK_FALSE(set.claim_any().has_value());
  set.announce(150);
  set.announce(3);
  set.announce(64);
  CHECK(set.claim_any() == 3);
  CHECK(set.claim_any() == 64);
  CHECK(set.claim_any() == 150);
  CHECK_FALSE(set.claim_any().has_value());
}

TEST_CASE("no wake-up is lost, and none is sent twice" * doctest::timeout(60)) {
  constexpr int rounds = 20000;
  idle_set set{1};
  std::atomic<int> work{0};
  std::atomic<int> wakes_sent{0};
  int wakes_taken = 0;
  std::binary_semaphore wake{0};
  std::thread sleeper{[&] {
    for (int done = 0; done < 2 * rounds;) {
      set.announce(0);
      const bool some = work.load() != done;
      if (some && set.withdraw(0)) {
        ++done;
        continue;
      }
      wake.acquire();  // none when it is lost: the test hangs
      ++wakes_taken;
    }
  }};
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back([&] {
      for (int j = 0; j < rounds; ++j) {
        ++work;
        if (set.claim(0)) {
          ++wakes_sent;
          wake.release();
        }
      }
    });
  }
  for (auto& other : others) {
    other.join();
  }
  sleeper.join();
  CHECK(wakes_sent == wakes_taken);
}

}  // TEST_SUITE("idle_set")

}  // namespace
}  // namespace troupe
