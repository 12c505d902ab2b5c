// SPDX-License-Identifier: Apache-2.0
#include "actors/cell/actor_cell.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_recorder;
using testing::make_scripted;
using testing::number_in;

struct stage {
  explicit stage(std::uint64_t seed = 1) : scheduler{seed} {}
  manual_scheduler scheduler;
  actor_system system{scheduler};

  actor_ref spawn(ref_ptr<behaviour> what, spawn_options options = {}) {
    return system.spawn(std::move(what), std::move(options)).value();
  }
};

TEST_SUITE("actor_cell") {

TEST_CASE("messages from one sender arrive in the order sent") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(make_recorder(seen));
  for (int i = 0; i < 200; ++i) {
    a.tell(payload::of(i));
  }
  s.scheduler.run();
  REQUIRE(seen.size() == 200);
  for (int i = 0; i < 200; ++i) {
    CHECK(seen[static_cast<std::size_t>(i)] == i);
  }
  CHECK(a.cell().handled() == 200);
}

TEST_CASE("an actor starts before its first message") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(make_recorder(seen));
  CHECK_FALSE(a.cell().started().done());
  a.tell(payload::of(1));
  s.scheduler.run();
  CHECK(a.cell().started().has_value());
}

TEST_CASE("an ask is answered") {
  stage s;
  const actor_ref doubler =
      s.spawn(make_scripted([](actor_cell& self, envelope& e) {
        self.answer(e, payload::of(2 * number_in(e)));
      }));
  const auto answer = doubler.ask(payload::of(21));
  CHECK_FALSE(answer->done());
  s.scheduler.run();
  CHECK(answer->value().as<int>() == 42);
}

TEST_CASE("an ask that the actor doesn't answer ends in a fault") {
  stage s;
  std::vector<int> seen;
  const auto answer = s.spawn(make_recorder(seen)).ask(payload::of(1));
  s.scheduler.run();
  REQUIRE(answer->done());
  CHECK_FALSE(answer->has_value());
}

TEST_CASE("an answer after the asker gave up is a counted dead letter") {
  stage s;
  ref_ptr<completion> answer;
  const actor_ref a =
      s.spawn(make_scripted([&answer](actor_cell& self, envelope& e) {
        answer->set_fault({make_error(errc::cancelled, "unwanted"), {}});
        self.answer(e, payload::of(1));
      }));
  answer = a.ask(payload::of(1));
  s.scheduler.run();
  CHECK(s.system.dead().count(dead_reason::late_reply) == 1);
}

TEST_CASE("a request that was given up before it began is not handled") {
  stage s;
  std::vector<int> seen;
  const auto answer = s.spawn(make_recorder(seen)).ask(payload::of(1));
  answer->set_fault({make_error(errc::cancelled, "no longer wanted"), {}});
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(s.system.dead().count(dead_reason::cancelled) == 1);
}

TEST_CASE("stop() overtakes what waits, which becomes dead letters") {
  stage s;
  std::vector<int> seen;
  std::optional<stop_reason> why;
  const actor_ref a = s.spawn(make_scripted(
      [&](actor_cell&, envelope& e) { seen.push_back(number_in(e)); },
      [&](stop_reason r) { why = r; }));
  a.tell(payload::of(1));
  const auto asked = a.ask(payload::of(2));
  a.stop();
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(why == stop_reason::stopped);
  CHECK(a.ended());
  CHECK(s.system.dead().count(dead_reason::stopped) == 2);
  REQUIRE(asked->done());
  CHECK(asked->why().what.code == errc::stopped);
}

TEST_CASE("stop_when_drained() lets go of nothing that was sent before") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(make_recorder(seen));
  a.tell(payload::of(1));
  a.tell(payload::of(2));
  a.stop_when_drained();
  a.tell(payload::of(3));
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2});
  CHECK(a.ended());
  CHECK(s.system.dead().total() == 1);
}

TEST_CASE("stop_self() ends the actor after the message at hand") {
  stage s;
  int handled = 0;
  const actor_ref a = s.spawn(make_scripted([&](actor_cell& self, envelope&) {
    const turn_scope in_turn;
    ++handled;
    self.stop_self();
  }));
  a.tell(payload::of(1));
  a.tell(payload::of(2));
  s.scheduler.run();
  CHECK(handled == 1);
  CHECK(a.ended());
}

TEST_CASE("a failure ends the actor, and the failed message is a dead letter") {
  stage s;
  std::optional<stop_reason> why;
  const actor_ref a = s.spawn(make_scripted(
      [](actor_cell& self, envelope& e) {
        const turn_scope in_turn;
        self.fail(e, {make_error(errc::failed, "broken"), {}});
      },
      [&](stop_reason r) { why = r; }));
  a.tell(payload::of(1));
  a.tell(payload::of(2));
  s.scheduler.run();
  CHECK(why == stop_reason::failed);
  CHECK(a.cell().handled() == 0);
  CHECK(s.system.dead().count(dead_reason::failed) == 1);
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
  REQUIRE(a.ended());
  CHECK(a.cell().when_ended().why().what.detail == "broken");
}

TEST_CASE("a start that fails is told, and the actor never was") {
  stage s;
  const actor_ref a = s.spawn(
      make_scripted([](actor_cell&, envelope&) {}, [](stop_reason) {},
                    fault{make_error(errc::failed, "no such file"), {}}));
  a.tell(payload::of(1));
  s.scheduler.run();
  REQUIRE(a.cell().started().done());
  CHECK(a.cell().started().why().what.detail == "no such file");
  CHECK(a.ended());
  CHECK(s.system.dead().total() == 1);
  CHECK(s.system.actors().empty());
}

TEST_CASE(
    "kill() ends an actor before its next message, also an unstarted one") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(make_recorder(seen));
  a.tell(payload::of(1));
  a.kill();
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(a.ended());
  CHECK(s.system.dead().total() == 1);
}

TEST_CASE("a message to an ended actor is a dead letter at once") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(make_recorder(seen));
  a.stop();
  s.scheduler.run();
  a.tell(payload::of(1));
  CHECK(s.system.dead().total() == 1);
  CHECK(a.ask(payload::of(2))->done());
}

TEST_CASE("a full mailbox refuses, and the refused message is counted") {
  stage s;
  std::vector<int> seen;
  spawn_options options;
  options.mailbox_capacity = 2;
  const actor_ref a = s.spawn(make_recorder(seen), options);
  for (int i = 0; i < 5; ++i) {
    a.tell(payload::of(i));
  }
  s.scheduler.run();
  CHECK(seen == std::vector{0, 1});
  CHECK(s.system.dead().count(dead_reason::mailbox_full) == 3);
  a.tell(payload::of(9));
  s.scheduler.run();
  CHECK(seen == std::vector{0, 1, 9});
}

TEST_CASE("the receiver learns who sent a message") {
  stage s;
  actor_id heard = actor_id::nobody;
  const actor_ref listener =
      s.spawn(make_scripted([&](actor_cell& self, envelope&) {
        const turn_scope in_turn;
        heard = self.sender();
      }));
  const actor_ref speaker = s.spawn(make_scripted(
      [&](actor_cell&, envelope&) { listener.tell(payload::of(1)); }));
  speaker.tell(payload::of(1));
  s.scheduler.run();
  CHECK(heard == speaker.id());
  listener.tell(payload::of(1));
  s.scheduler.run();
  CHECK(heard == actor_id::nobody);
}

}  // TEST_SUITE("actor_cell")

}  // namespace
}  // namespace troupe
