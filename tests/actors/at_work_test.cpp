// SPDX-License-Identifier: Apache-2.0
// What others can see of an actor's turn.
#include <latch>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;

envelope_ptr make_call(const char* handler) {
  auto e = make_envelope();
  e->kind = static_cast<std::uint8_t>(envelope_kind::call);
  e->selector = intern(handler);
  return e;
}

TEST_SUITE("at_work") {

TEST_CASE("a turn shows the handler that it runs, and how many came before") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  std::vector<work_report> seen;
  const auto actor = system
                         .spawn(make_scripted([&](actor_cell& self, envelope&) {
                           seen.push_back(self.at_work().value());
                         }))
                         .value();
  scheduler.run();
  CHECK(!actor.cell().at_work());
  static_cast<void>(actor.cell().deliver(make_call("add")));
  actor.tell(payload::of(1));
  scheduler.run();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].kind == envelope_kind::call);
  CHECK(name_of(seen[0].selector) == "add");
  CHECK(seen[0].before == 0);
  CHECK(seen[1].kind == envelope_kind::message);
  CHECK(seen[1].before == 1);
  CHECK(!actor.cell().at_work());
  actor.stop();
  scheduler.run();
}

TEST_CASE("other threads see it while the handler runs" *
          doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 1}};
  actor_system system{scheduler};
  std::latch inside{1};
  std::latch go_on{1};
  auto actor = system
                   .spawn(make_scripted([&](actor_cell&, envelope&) {
                     inside.count_down();
                     go_on.wait();
                   }))
                   .value();
  static_cast<void>(actor.cell().deliver(make_call("hold")));
  inside.wait();
  const auto seen = actor.cell().at_work();
  go_on.count_down();
  REQUIRE(seen);
  CHECK(name_of(seen->selector) == "hold");
  actor.stop();
  CHECK(actor.cell().when_ended().wait(std::chrono::seconds{20}) ==
        wait_result::done);
  scheduler.stop();
  CHECK(!actor.cell().at_work());
}

TEST_CASE("an actor knows on whose turn it was made") {
  manual_scheduler scheduler;
  actor_system system{scheduler};
  actor_ref child;
  const auto parent =
      system
          .spawn(make_scripted([&](actor_cell& self, envelope&) {
            child = self.system()
                        .spawn(make_scripted([](actor_cell&, envelope&) {}))
                        .value();
          }))
          .value();
  parent.tell(payload::of(1));
  scheduler.run();
  CHECK(child.cell().spawner() == parent.id());
  CHECK(parent.cell().spawner() == actor_id::nobody);
  child.stop();
  parent.stop();
  scheduler.run();
}

TEST_CASE("who waits for whose answer can be seen" * doctest::timeout(30)) {
  thread_scheduler scheduler{{.workers = 2}};
  actor_system system{scheduler};
  std::latch asked{1};
  std::latch go_on{1};
  const auto busy = system
                        .spawn(make_scripted([&](actor_cell&, envelope&) {
                          asked.count_down();
                          go_on.wait();
                        }))
                        .value();
  const auto waiter =
      system
          .spawn(make_scripted([&](actor_cell& self, envelope&) {
            const auto answer = busy.ask(payload::of(0));
            static_cast<void>(self.wait(*answer, std::nullopt));
          }))
          .value();
  CHECK(system.waits().reports().empty());
  waiter.tell(payload::of(1));
  asked.wait();
  std::vector<wait_graph::report> seen;
  while (seen.empty()) {  // it asks first, and then waits
    seen = system.waits().reports();
  }
  go_on.count_down();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].waiter == waiter.id());
  CHECK(seen[0].for_whom == busy.id());
  CHECK(!seen[0].muted);
  const auto all_ended = system.begin_shutdown(std::chrono::seconds{20});
  CHECK(all_ended->wait(std::chrono::seconds{20}) == wait_result::done);
}

}  // TEST_SUITE("at_work")

}  // namespace
}  // namespace troupe
