// SPDX-License-Identifier: Apache-2.0
// A society on real threads for as long as it is given: TROUPE_CHAOS_SECONDS,
// or a minute, or less where a sanitizer slows it down. Prints its seed and
// what came of it.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/society.hpp"

namespace troupe {
namespace {

using clock = std::chrono::steady_clock;
using testing::society;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int default_seconds = 15;
#else
constexpr int default_seconds = 60;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

// Sends, and ends somebody now and then, as fast as the society can follow.
void stir(society& all, std::uint64_t seed, clock::time_point end) {
  std::mt19937_64 random{seed};
  while (clock::now() < end) {
    for (int i = 0; i != 200; ++i) {
      all.send(static_cast<int>(random() % 16));
      if (random() % 50 == 0) {
        all.strike();
      }
      if (random() % 20 == 0) {
        all.spawn();
      }
    }
    REQUIRE(all.system().when_quiet()->wait(std::nullopt) == wait_result::done);
  }
}

// One life of a system: some seconds, from its start to its shutdown.
void one_life(std::uint64_t seed, clock::time_point end) {
  thread_scheduler scheduler{{.workers = 2 + seed % 3}};
  society all{scheduler,
              {.seed = seed,
               .size = 10 + seed % 40,
               .may_block = seed % 2 == 0,
               .bounded = seed % 3 != 0}};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t != 3; ++t) {
    threads.emplace_back([&, t] { stir(all, seed * 8 + t, end); });
  }
  for (auto& t : threads) {
    t.join();
  }
  const auto ended = all.system().begin_shutdown(std::chrono::seconds{10});
  REQUIRE(ended->wait(std::nullopt) == wait_result::done);
  REQUIRE(all.system().when_quiet()->wait(std::nullopt) == wait_result::done);
  all.check();
  std::printf(
      "seed %llu: %llu sent, %llu handled, %llu dead letters, "
      "%llu spawned, %llu restarts, %llu deadlocks told\n",
      static_cast<unsigned long long>(seed),
      static_cast<unsigned long long>(all.sent()),
      static_cast<unsigned long long>(all.handled()),
      static_cast<unsigned long long>(all.dead()),
      static_cast<unsigned long long>(all.spawned()),
      static_cast<unsigned long long>(all.restarts()),
      static_cast<unsigned long long>(all.deadlocks()));
  std::fflush(stdout);
}

TEST_SUITE("chaos") {

TEST_CASE("messages are conserved to the last one") {
  const auto begin = clock::now();
  const std::chrono::milliseconds all = std::chrono::seconds{
      number_from("TROUPE_CHAOS_SECONDS", default_seconds)};
  std::uint64_t seed = number_from("TROUPE_CHAOS_SEED", std::random_device{}());
  constexpr int lives = 12;
  for (int i = 1; i <= lives; ++i) {
    one_life(seed++, begin + all * i / lives);
  }
}

}  // TEST_SUITE("chaos")

}  // namespace
}  // namespace troupe
