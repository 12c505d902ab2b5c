// SPDX-License-Identifier: Apache-2.0
// Actors that wait for each other inside their handlers.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;
using testing::number_in;

constexpr std::chrono::seconds patience{20};

thread_scheduler_options two_workers() {
  thread_scheduler_options options;
  options.workers = 2;
  return options;
}

// Each asks the next and waits for its answer, one more.
std::vector<actor_ref> spawn_chain(actor_system& system, std::size_t length) {
  std::vector<actor_ref> chain;
  for (std::size_t i = 0; i < length; ++i) {
    const actor_ref next = chain.empty() ? actor_ref{} : chain.back();
    chain.push_back(
        system
            .spawn(make_scripted([next](actor_cell& self, envelope& e) {
              if (!next) {
                self.answer(e, payload::of(1));
                return;
              }
              const auto answer = next.ask(payload::of(0));
              const bool done =
                  self.wait(*answer, patience) == wait_result::done;
              self.answer(
                  e, payload::of(done ? answer->value().as<int>() + 1 : -1000));
            }))
            .value());
  }
  return chain;
}

TEST_SUITE("waiting") {

TEST_CASE("a chain of waiting actors longer than the workers gets through" *
          doctest::timeout(120)) {
  for (int round = 0; round < 200; ++round) {
    thread_scheduler scheduler{two_workers()};
    actor_system system{scheduler};
    {
      const auto chain = spawn_chain(system, 6);
      const auto answer = chain.back().ask(payload::of(0));
      REQUIRE(answer->wait(patience) == wait_result::done);
      REQUIRE(answer->value().as<int>() == 6);
    }
    REQUIRE(system.begin_shutdown(patience)->wait(patience) ==
            wait_result::done);
  }
}

TEST_CASE("a wait that would block the last thread is refused" *
          doctest::timeout(60)) {
  thread_scheduler scheduler{{.workers = 1, .spare_limit = 2}};
  actor_system system{scheduler};
  std::atomic<int> refused{0};
  {
    std::vector<actor_ref> chain;
    for (int i = 0; i < 5; ++i) {
      const actor_ref next = chain.empty() ? actor_ref{} : chain.back();
      chain.push_back(system
                          .spawn(make_scripted(
                              [next, &refused](actor_cell& self, envelope& e) {
                                if (next) {
                                  const auto answer = next.ask(payload::of(0));
                                  refused += self.wait(*answer, patience) ==
                                             wait_result::exhausted;
                                }
                                self.answer(e, payload::of(1));
                              }))
                          .value());
    }
    for (int round = 0; round < 100; ++round) {
      const auto answer = chain.back().ask(payload::of(0));
      REQUIRE(answer->wait(patience) == wait_result::done);
    }
    CHECK(refused.load() >= 100);
  }
  REQUIRE(system.begin_shutdown(patience)->wait(patience) == wait_result::done);
}

TEST_CASE("waiting actors and busy ones share the workers" *
          doctest::timeout(120)) {
  thread_scheduler scheduler{two_workers()};
  actor_system system{scheduler};
  {
    const auto first = spawn_chain(system, 5);
    const auto second = spawn_chain(system, 5);
    for (int round = 0; round < 2000; ++round) {
      const auto a = first.back().ask(payload::of(0));
      const auto b = second.back().ask(payload::of(0));
      REQUIRE(a->wait(patience) == wait_result::done);
      REQUIRE(b->wait(patience) == wait_result::done);
      REQUIRE(a->value().as<int>() == 5);
      REQUIRE(b->value().as<int>() == 5);
    }
  }
  REQUIRE(system.begin_shutdown(patience)->wait(patience) == wait_result::done);
}

TEST_CASE("a kill ends a wait" * doctest::timeout(60)) {
  thread_scheduler scheduler{two_workers()};
  actor_system system{scheduler};
  for (int round = 0; round < 200; ++round) {
    const auto never = make_ref_counted<completion>();
    std::atomic<bool> interrupted{false};
    const actor_ref a =
        system
            .spawn(make_scripted([&](actor_cell& self, envelope&) {
              interrupted =
                  self.wait(*never, patience) == wait_result::interrupted;
            }))
            .value();
    REQUIRE(a.cell().started().wait(patience) == wait_result::done);
    a.tell(payload::of(1));
    while (a.cell().mailbox_size() == 0) {
    }
    a.kill();
    REQUIRE(a.cell().when_ended().wait(patience) == wait_result::done);
  }
  REQUIRE(system.begin_shutdown(patience)->wait(patience) == wait_result::done);
}

}  // TEST_SUITE("waiting")

}  // namespace
}  // namespace troupe
