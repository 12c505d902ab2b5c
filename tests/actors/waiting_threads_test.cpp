// SPDX-License-Identifier: Apache-2.0
// Actors that block until an answer is there, on real threads: who would close
// a cycle is told, and nobody else; muted ones are let go.

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;
using testing::act;
using testing::broken;
using testing::hooks;
using testing::number_in;

// Each of them asks the next, in a handler that blocks until the answer is
// there. What the last one does is up to the test.
class chain {
public:
  explicit chain(std::size_t size) : actors_(size), caught_(size) {}
  ~chain() {
    if (system_.begin_shutdown(10s)->wait(std::nullopt) != wait_result::done) {
      std::abort();
    }
    actors_.clear();
  }
  chain(const chain&) = delete;
  chain& operator=(const chain&) = delete;

  // The actor `index` asks `next`, or answers if there is none.
  void add(std::size_t index, std::optional<std::size_t> next,
           ref_ptr<shared_home> home = nullptr) {
    spawn_options options{.name = "a" + std::to_string(index)};
    options.home = std::move(home);
    actors_[index] =
        system_
            .spawn(act({.message =
                            [this, index, next](actor_cell& self, envelope& e) {
                              next ? ask_on(self, e, index, *next)
                                   : self.answer(e, payload::of(1));
                            }}),
                   std::move(options))
            .value();
  }

  actor_ref spawn(std::string name,
                  std::function<void(actor_cell&, envelope&)> message) {
    return system_
        .spawn(act({.message = std::move(message)}), {.name = std::move(name)})
        .value();
  }

  void ask_on(actor_cell& self, envelope& e, std::size_t index,
              std::size_t next, int what = 0) {
    const auto answer = actors_[next].ask(payload::of(what));
    std::vector<ref_ptr<actor_cell>> cycle;
    const wait_result result = self.wait(*answer, std::nullopt, &cycle);
    if (result == wait_result::deadlock) {
      answer->set_fault(broken("no longer wanted"));
      for (const auto& cell : cycle) {
        caught_[index].push_back(cell->name());
      }
    }
    if (result == wait_result::done && answer->has_value()) {
      self.answer(e, payload::of(1));
    } else {
      self.answer(e, broken("no answer"));
    }
  }

  ref_ptr<completion> ask(std::size_t index) {
    return actors_[index].ask(payload::of(0));
  }
  const actor_ref& at(std::size_t index) const { return actors_[index]; }
  actor_ref& slot(std::size_t index) { return actors_[index]; }
  actor_system& system() { return system_; }
  thread_scheduler& scheduler() { return scheduler_; }
  // The cycles that were told, by whom they were told to, when all is done.
  std::vector<std::vector<std::string>> told() {
    system_.when_quiet()->wait(std::nullopt);
    std::vector<std::vector<std::string>> all;
    for (const auto& one : caught_) {
      if (!one.empty()) {
        all.push_back(one);
      }
    }
    return all;
  }

private:
  thread_scheduler scheduler_{{.workers = 2}};
  actor_system system_{scheduler_};
  std::vector<actor_ref> actors_;
  std::vector<std::vector<std::string>> caught_;
};

TEST_SUITE("waits on threads") {

TEST_CASE("a cycle of waits is told to who would close it" *
          doctest::timeout(60)) {
  for (const std::size_t size : {1u, 2u, 5u}) {
    chain c{size};
    for (std::size_t i = 0; i != size; ++i) {
      c.add(i, (i + 1) % size);
    }
    const auto answer = c.ask(0);
    REQUIRE(answer->wait(std::nullopt) == wait_result::done);
    CHECK_FALSE(answer->has_value());
    // Whoever came last; and again, when what was left is handled.
    const auto told = c.told();
    REQUIRE(told.size() >= 1);
    for (const auto& cycle : told) {
      CHECK(cycle.size() % size == 0);
      CHECK(cycle.size() > 0);
    }
  }
}

TEST_CASE("a long chain of waits that ends is no cycle" *
          doctest::timeout(60)) {
  constexpr std::size_t size = 30;
  chain c{size};
  for (std::size_t i = 0; i != size; ++i) {
    c.add(i, i + 1 == size ? std::nullopt : std::optional{i + 1});
  }
  for (int round = 0; round != 20; ++round) {
    const auto answer = c.ask(0);
    REQUIRE(answer->wait(std::nullopt) == wait_result::done);
    CHECK(answer->has_value());
  }
  CHECK(c.told().empty());
}

TEST_CASE("many that wait for the same one, time and again, are no cycle" *
          doctest::timeout(60)) {
  constexpr std::size_t size = 12;
  chain c{size + 1};
  c.add(size, std::nullopt);
  for (std::size_t i = 0; i != size; ++i) {
    c.add(i, size);
  }
  std::vector<ref_ptr<completion>> answers;
  for (int round = 0; round != 50; ++round) {
    for (std::size_t i = 0; i != size; ++i) {
      answers.push_back(c.ask(i));
    }
  }
  for (const auto& answer : answers) {
    REQUIRE(answer->wait(std::nullopt) == wait_result::done);
    CHECK(answer->has_value());
  }
  CHECK(c.told().empty());
}

// The third asks the first, which waits for an answer that it owes.
TEST_CASE("a cycle through a message that was forwarded is told" *
          doctest::timeout(60)) {
  chain c{3};
  c.slot(0) = c.spawn("a0", [&c](actor_cell& self, envelope& e) {
    number_in(e) == 0 ? c.ask_on(self, e, 0, 1)
                      : self.answer(e, payload::of(1));
  });
  c.slot(1) = c.spawn("a1", [&c](actor_cell& self, envelope&) {
    const turn_scope in_turn;
    self.forward(c.at(2).cell());
  });
  c.slot(2) = c.spawn("a2", [&c](actor_cell& self, envelope& e) {
    c.ask_on(self, e, 2, 0, 1);
  });
  CHECK(c.ask(0)->wait(std::nullopt) == wait_result::done);
  const auto told = c.told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].size() == 2);
}

TEST_CASE("a kill ends a wait, and with it what would have been a cycle" *
          doctest::timeout(60)) {
  chain c{3};
  ref_ptr<completion> held = make_ref_counted<completion>();
  std::atomic<bool> waits{false};
  c.add(0, 1);
  // The second holds the question until it is killed.
  c.slot(1) = c.system()
                  .spawn(act({.message =
                                  [&](actor_cell& self, envelope&) {
                                    waits = true;
                                    waits.notify_all();
                                    self.wait(*held, std::nullopt);
                                  }}),
                         {.name = "a1"})
                  .value();
  const auto answer = c.ask(0);
  waits.wait(false);
  c.at(1).kill();
  REQUIRE(answer->wait(std::nullopt) == wait_result::done);
  CHECK_FALSE(answer->has_value());
  CHECK(c.told().empty());
}

TEST_CASE("of a cycle that holds a muted actor, the muted one is let go" *
          doctest::timeout(60)) {
  chain c{2};
  // a0 asks a1 and waits; a1 is muted by a0, whose mailbox is crowded.
  spawn_options options{.name = "a0", .mailbox_capacity = 2};
  options.overflow = overflow_policy::mute;
  std::atomic<int> handled{0};
  c.slot(0) = c.system()
                  .spawn(act({.message =
                                  [&](actor_cell& self, envelope& e) {
                                    ++handled;
                                    if (number_in(e) == 1) {
                                      const auto answer =
                                          c.at(1).ask(payload::of(2));
                                      CHECK(self.wait(*answer, std::nullopt) ==
                                            wait_result::done);
                                      self.answer(e, payload::of(1));
                                    }
                                  }}),
                         options)
                  .value();
  c.slot(1) = c.system()
                  .spawn(act({.message =
                                  [&](actor_cell& self, envelope& e) {
                                    for (int i = 0; i != 20; ++i) {
                                      c.at(0).tell(payload::of(0));
                                    }
                                    self.answer(e, payload::of(1));
                                  }}),
                         {.name = "a1"})
                  .value();
  for (int round = 0; round != 20; ++round) {
    for (int i = 0; i != 5; ++i) {
      c.at(1).tell(payload::of(0));
    }
    const auto answer = c.at(0).ask(payload::of(1));
    // Well below the second after which patience would have helped.
    CHECK(answer->wait(std::nullopt) == wait_result::done);
  }
}

}  // TEST_SUITE("waits on threads")

}  // namespace
}  // namespace troupe
