// SPDX-License-Identifier: Apache-2.0
// Supervisors with real threads: kills and failures from all sides at once.
#include <atomic>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_family.hpp"

namespace troupe {
namespace {

using testing::fails;
using testing::family;
using namespace std::chrono_literals;

struct stage {
  stage() {}
  ~stage() {
    CHECK(system.begin_shutdown(30s)->wait(60s) == wait_result::done);
    scheduler.stop();
  }
  actor_ref supervise(ref_ptr<supervisor> what) {
    const actor_ref ref = supervisor::spawn(system, what, "sup").value();
    REQUIRE(what->ready().wait(30s) == wait_result::done);
    REQUIRE(what->ready().has_value());
    return ref;
  }
  actor_ref operator[](const std::string& name) {
    return system.lookup(name).value();
  }
  void wait_quiet() {
    REQUIRE(system.when_quiet()->wait(60s) == wait_result::done);
  }

  thread_scheduler scheduler{{.workers = 3}};
  actor_system system{scheduler};
  family kids{system};
};

supervision_terms unlimited(restart_strategy strategy) {
  supervision_terms terms;
  terms.strategy = strategy;
  terms.max_restarts.reset();
  terms.backoff.at_once = 1'000'000;
  return terms;
}

TEST_SUITE("supervisor, with threads") {

TEST_CASE("kills, failures and messages from all sides: none is lost" *
          doctest::timeout(120)) {
  for (const auto strategy :
       {restart_strategy::one_for_one, restart_strategy::one_for_all,
        restart_strategy::rest_for_one}) {
    stage s;
    const auto inner = family::make_supervisor(
        unlimited(restart_strategy::one_for_one), s.kids.children("d", "e"));
    s.supervise(family::make_supervisor(
        unlimited(strategy),
        {s.kids.child("a"), s.kids.child("b"), family::nested("inner", inner),
         s.kids.child("c")}));
    const std::vector<actor_ref> all = {s["a"], s["b"], s["c"],
                                        s["d"], s["e"], s["inner"]};
    std::atomic<std::uint64_t> sent{0};
    std::vector<std::thread> senders;
    for (unsigned seed = 1; seed <= 3; ++seed) {
      senders.emplace_back([&, seed] {
        std::mt19937 random{seed};
        for (int i = 0; i < 1500; ++i) {
          const auto& to = all[random() % 5];
          const auto what = random() % 50;
          if (what == 0) {
            all[random() % 6].kill();
          } else {
            to.tell(payload::of(what == 1 ? fails : i));
            sent.fetch_add(1);
          }
        }
      });
    }
    for (auto& t : senders) {
      t.join();
    }
    s.wait_quiet();
    std::uint64_t handled = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      handled += all[i].cell().handled();
      CHECK(all[i].cell().state() == actor_cell::life::running);
    }
    CHECK(sent.load() == handled + s.system.dead().total());
  }
}

TEST_CASE("operations from many threads are all answered" *
          doctest::timeout(120)) {
  stage s;
  const auto sup = family::make_supervisor(
      unlimited(restart_strategy::one_for_one), s.kids.children("a"));
  s.supervise(sup);
  std::vector<std::thread> callers;
  for (int n = 0; n < 3; ++n) {
    callers.emplace_back([&, n] {
      for (int i = 0; i < 100; ++i) {
        const std::string name =
            "w" + std::to_string(n) + "-" + std::to_string(i);
        const auto started = sup->start_child(s.kids.child(name));
        CHECK(started->done.wait(60s) == wait_result::done);
        CHECK(started->done.has_value());
        started->child.tell(payload::of(fails));
        const auto ended = sup->terminate_child(name);
        CHECK(ended->done.wait(60s) == wait_result::done);
        CHECK(sup->children().size() >= 1);
        const auto forgotten = sup->delete_child(name);
        CHECK(forgotten->done.wait(60s) == wait_result::done);
        CHECK(forgotten->done.has_value());
      }
    });
  }
  for (auto& t : callers) {
    t.join();
  }
  CHECK(sup->children().size() == 1);
}

TEST_CASE("a child that blocks for ever holds up neither group nor stop" *
          doctest::timeout(120)) {
  std::latch blocked{1};
  std::latch go_on{1};
  stage s;
  s.kids.on_message = [&](const std::string& name, int message) {
    if (name == "b" && message == 1) {
      blocked.count_down();
      go_on.wait();
    }
  };
  const auto sup = family::make_supervisor(
      unlimited(restart_strategy::one_for_all),
      {s.kids.child("a"),
       s.kids.child(child_terms{.name = "b", .shutdown = 10ms})});
  s.supervise(sup);
  const actor_ref b = s["b"];
  b.tell(payload::of(1));
  blocked.wait();
  s["a"].tell(payload::of(fails));
  // One more incarnation of `a`, though `b` can't be ended.
  while (s["a"].cell().restarts() == 0 ||
         s["a"].cell().state() != actor_cell::life::running) {
    CHECK(s["a"].ask(payload::of(5))->wait(60s) == wait_result::done);
  }
  CHECK(sup->children()[1].state == child_state::stuck);
  go_on.count_down();
  CHECK(b.ask(payload::of(2))->wait(60s) == wait_result::done);
  CHECK(b.cell().restarts() == 1);
}

}  // TEST_SUITE("supervisor, with threads")

}  // namespace
}  // namespace troupe
