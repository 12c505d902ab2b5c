// SPDX-License-Identifier: Apache-2.0
// Who waits for whom, and cycles of it.
#include "actors/asking/wait_graph.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;

constexpr std::chrono::seconds patience{20};

class nowhere final : public isolate {
  void enter() noexcept override {}
  void leave() noexcept override {}
};

// Actors that never run: their waits are begun from outside.
class world {
public:
  ~world() {
    actors_.clear();
    system_.begin_shutdown(patience);
    scheduler_.run_until_quiet();
  }

  actor_cell& add(const std::string& name, spawn_options options = {}) {
    options.name = name;
    actors_.push_back(
        system_.spawn(make_scripted([](actor_cell&, envelope&) {}), options)
            .value());
    scheduler_.run();
    return actors_.back().cell();
  }
  ref_ptr<shared_home> make_home() {
    return make_ref_counted<shared_home>(scheduler_,
                                         make_ref_counted<nowhere>());
  }
  /// A request that `who` has to answer.
  completion& owed_by(const actor_cell& who) {
    owed_.push_back(make_ref_counted<completion>());
    owed_.back()->set_holder(static_cast<std::uint64_t>(who.id()));
    return *owed_.back();
  }
  /// The names on the cycle that the wait would close.
  std::string wait(actor_cell& waiter, std::vector<completion*> answers,
                   std::size_t needed) {
    std::string names;
    for (const auto& cell :
         system_.waits().begin_wait(waiter, {std::move(answers), needed})) {
      names += cell->name();
    }
    return names;
  }
  std::string wait(actor_cell& waiter, const actor_cell& other) {
    return wait(waiter, {&owed_by(other)}, 1);
  }
  void end_wait(actor_cell& waiter) { system_.waits().end_wait(waiter); }
  /// A handler of it awaits `answer`; `told`: the names on the cycle.
  wait_graph::ticket suspend(actor_cell& waiter, completion& answer,
                             completion* request = nullptr) {
    wait_graph::ticket mine = 0;
    for (const auto& cell :
         system_.waits().begin_await({ref_ptr<actor_cell>{&waiter},
                                      ref_ptr<completion>{&answer}, request},
                                     mine)) {
      told += cell->name();
    }
    return mine;
  }
  void resume(actor_cell& waiter, wait_graph::ticket which) {
    system_.waits().end_await(waiter.id(), which);
  }
  void end_awaits(actor_cell& waiter) {
    system_.waits().end_awaits(waiter.id());
  }

  std::string told;

private:
  manual_scheduler scheduler_;
  actor_system system_{scheduler_};
  std::vector<actor_ref> actors_;
  std::vector<ref_ptr<completion>> owed_;
};

TEST_SUITE("wait_graph") {

TEST_CASE("an actor that would wait for itself is told") {
  world w;
  actor_cell& a = w.add("a");
  CHECK(w.wait(a, a) == "a");
}

TEST_CASE("of two that would wait for each other the second is told") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  CHECK(w.wait(a, b).empty());
  CHECK(w.wait(b, a) == "ba");
}

TEST_CASE("of a ring of five the last is told, with all of it in order") {
  world w;
  std::vector<actor_cell*> ring;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    ring.push_back(&w.add(name));
  }
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(w.wait(*ring[i], *ring[i + 1]).empty());
  }
  CHECK(w.wait(*ring[4], *ring[0]) == "eabcd");
}

TEST_CASE("who was told isn't waiting, and others may wait for it") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  actor_cell& c = w.add("c");
  CHECK(w.wait(a, b).empty());
  CHECK(w.wait(b, a) == "ba");
  CHECK(w.wait(c, b).empty());
}

TEST_CASE("a wait that has ended, or been answered, is in nobody's way") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  completion& answer = w.owed_by(b);
  CHECK(w.wait(a, {&answer}, 1).empty());

  SUBCASE("ended") {
    w.end_wait(a);
  }
  SUBCASE("answered") {
    answer.set_value({});
  }
  CHECK(w.wait(b, a).empty());
}

TEST_CASE("a request that was forwarded is owed by whoever has it now") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  actor_cell& c = w.add("c");
  completion& answer = w.owed_by(b);
  CHECK(w.wait(a, {&answer}, 1).empty());
  answer.set_holder(static_cast<std::uint64_t>(c.id()));
  CHECK(w.wait(b, a).empty());
  CHECK(w.wait(c, a) == "ca");
}

TEST_CASE("who needs all answers is held up by any that can't come") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  actor_cell& c = w.add("c");
  CHECK(w.wait(a, {&w.owed_by(b), &w.owed_by(c)}, 2).empty());
  CHECK(w.wait(c, a) == "ca");
}

TEST_CASE("who needs one answer is held up only if none can come") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  actor_cell& c = w.add("c");
  CHECK(w.wait(a, {&w.owed_by(b), &w.owed_by(c)}, 1).empty());
  CHECK(w.wait(b, a).empty());
  CHECK_FALSE(w.wait(c, a).empty());
}

TEST_CASE("an actor is held up by one that waits in its home") {
  world w;
  const auto home = w.make_home();
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b", {.home = home});
  actor_cell& c = w.add("c", {.home = home});
  CHECK(w.wait(b, c) == "bc");
  CHECK(w.wait(a, b).empty());
  CHECK(w.wait(c, a) == "cab");
}

TEST_CASE("an actor is held up by one that waits on its thread") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b", {.lane = lane_choice{7, false}});
  actor_cell& c = w.add("c", {.lane = lane_choice{7, false}});
  actor_cell& d = w.add("d", {.lane = lane_choice{8, false}});
  CHECK(w.wait(a, b).empty());
  CHECK(w.wait(d, a).empty());
  CHECK(w.wait(c, a) == "cab");
}

// --- With threads ---

constexpr int first = 1;
constexpr int second = 2;

struct ring_actor {
  std::latch* all_in = nullptr;
  actor_ref next{};
  std::atomic<int>* deadlocks = nullptr;
};

ref_ptr<behaviour> make_ring_actor(ring_actor& r) {
  return make_scripted([&r](actor_cell& self, envelope& e) {
    if (e.content.as<int>() == first) {  // all of them wait at once
      {
        const blocking_region region{self.system().get_scheduler()};
        r.all_in->arrive_and_wait();
      }
      const auto answer = r.next.ask(payload::of(second));
      wait_graph::cells cycle;
      if (self.wait(*answer, patience, &cycle) == wait_result::deadlock) {
        ++*r.deadlocks;
        CHECK(cycle.front().get() == &self);
      }
    }
    self.answer(e, payload::of(0));
  });
}

TEST_CASE("rings that close at the same time always come to an end" *
          doctest::timeout(120)) {
  thread_scheduler scheduler{{.workers = 2}};
  for (int round = 0; round < 500; ++round) {
    const std::size_t size = 2 + static_cast<std::size_t>(round) % 4;
    actor_system system{scheduler};
    std::latch all_in{static_cast<std::ptrdiff_t>(size)};
    std::atomic<int> deadlocks{0};
    std::vector<ring_actor> parts(size);
    {
      std::vector<actor_ref> actors;
      for (ring_actor& part : parts) {
        actors.push_back(system.spawn(make_ring_actor(part)).value());
      }
      std::vector<ref_ptr<completion>> answers;
      for (std::size_t i = 0; i < size; ++i) {
        parts[i] = {&all_in, actors[(i + 1) % size], &deadlocks};
      }
      for (const actor_ref& a : actors) {
        answers.push_back(a.ask(payload::of(first)));
      }
      for (const auto& answer : answers) {
        REQUIRE(answer->wait(patience) == wait_result::done);
      }
      for (ring_actor& part : parts) {
        part.next = {};
      }
    }
    REQUIRE(system.begin_shutdown(patience)->wait(patience) ==
            wait_result::done);
    REQUIRE(deadlocks == 1);
  }
}

TEST_CASE("a suspended handler holds up what waits for room") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b", {.concurrency = 2});
  w.suspend(a, w.owed_by(b));
  w.suspend(b, w.owed_by(a));
  CHECK(w.told.empty());  // b has room for one more
  w.suspend(b, w.owed_by(a));
  CHECK(w.told == "ba");
}

TEST_CASE("what a suspended handler has begun waits for that one only") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b", {.concurrency = 9});
  completion& begun = w.owed_by(b);
  w.suspend(b, w.owed_by(a), &begun);
  CHECK(w.told.empty());
  w.suspend(a, begun);
  CHECK(w.told == "ab");
}

TEST_CASE("a deferred answer may come from anywhere") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");
  completion& later = w.owed_by(b);
  later.set_deferred();
  w.suspend(b, w.owed_by(a));
  w.suspend(a, later);
  CHECK(w.told.empty());

  SUBCASE("unless all of that actor is held up") {
    CHECK(w.wait(b, a) == "ba");
  }
  SUBCASE("until somebody else gets the request") {
    later.set_holder(static_cast<std::uint64_t>(b.id()));
    w.suspend(a, later);
    CHECK(w.told == "ab");
  }
}

TEST_CASE("a suspension that is over holds up nobody") {
  world w;
  actor_cell& a = w.add("a");
  actor_cell& b = w.add("b");

  SUBCASE("because the handler goes on") {
    w.resume(b, w.suspend(b, w.owed_by(a)));
  }
  SUBCASE("because the answer is there") {
    completion& answer = w.owed_by(a);
    w.suspend(b, answer);
    answer.set_value({});
  }
  SUBCASE("because the actor lets go of all of them") {
    w.suspend(b, w.owed_by(a));
    w.end_awaits(b);
  }
  w.suspend(a, w.owed_by(b));
  CHECK(w.told.empty());
}

}  // TEST_SUITE("wait_graph")

}  // namespace
}  // namespace troupe
