// SPDX-License-Identifier: Apache-2.0
// Whatever actors do to each other, in any order: sent = handled + dead
// letters, every request ends, and all is quiet in the end.
#include <random>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/society.hpp"

namespace troupe {
namespace {

using testing::society;

void live_and_end(const society::terms& terms) {
  CAPTURE(terms.seed);
  manual_scheduler scheduler{terms.seed};
  society all{scheduler, terms};
  std::mt19937_64 random{terms.seed};
  for (int i = 0; i != 30; ++i) {
    all.send(12);
    if (random() % 5 == 0) {
      all.strike();
    }
    if (random() % 3 == 0) {
      all.spawn();
    }
    for (std::size_t n = random() % 20; n != 0 && scheduler.step(); --n) {
    }
    scheduler.advance(std::chrono::microseconds{random() % 3000});
  }
  const auto quiet = all.system().when_quiet();
  scheduler.run_until_quiet();
  CHECK(quiet->done());
  all.system().begin_shutdown(std::chrono::seconds{1});
  scheduler.run_until_quiet();
  all.check();
}

TEST_SUITE("society") {

TEST_CASE("nothing is lost, over 500 seeds" * doctest::timeout(120)) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    live_and_end({.seed = seed, .size = 3 + seed % 12});
  }
}

TEST_CASE("nothing is lost when the system shuts down in the midst of it" *
          doctest::timeout(120)) {
  for (std::uint64_t seed = 501; seed <= 800; ++seed) {
    CAPTURE(seed);
    manual_scheduler scheduler{seed};
    society all{scheduler, {.seed = seed, .size = 3 + seed % 12}};
    for (int i = 0; i != 20; ++i) {
      all.send(15);
    }
    for (std::uint64_t n = seed % 97; n != 0 && scheduler.step(); --n) {
    }
    all.system().begin_shutdown(std::chrono::milliseconds{seed % 3});
    scheduler.run_until_quiet();
    all.check();
  }
}

}  // TEST_SUITE("society")

}  // namespace
}  // namespace troupe
