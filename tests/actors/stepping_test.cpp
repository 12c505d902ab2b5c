// SPDX-License-Identifier: Apache-2.0
// Actors on a stepped_scheduler: waits in handlers, probes.
#include <vector>

#include <doctest/doctest.h>

#include "actors/asking/waiting.hpp"
#include "actors/probe.hpp"
#include "scheduler/stepped_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;
using testing::make_scripted;
using testing::number_in;

// A system that a test steps through.
class stage {
public:
  explicit stage(std::uint64_t seed = 0) : scheduler{{.seed = seed}} {
    system.set_quantum(1);
  }
  ~stage() {
    wait_for(scheduler, *system.begin_shutdown(1s), {});
    scheduler.stop();
  }

  actor_ref spawn(ref_ptr<behaviour> what, const char* name = "") {
    return system.spawn(std::move(what), {.name = name}).value();
  }

  stepped_scheduler scheduler;
  actor_system system{scheduler};
};

// Asks `whom`, and answers what it gets.
ref_ptr<behaviour> make_relay(const actor_ref& whom) {
  return make_scripted([whom](actor_cell& self, envelope& e) {
    const auto answer = whom.ask(e.content.clone());
    if (self.wait(*answer, std::nullopt) == wait_result::done) {
      self.answer(e, answer->value().clone());
    }
  });
}

TEST_SUITE("stepping" * doctest::timeout(60)) {

TEST_CASE("a wait outside and waits in handlers make the system run") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    stage s{seed};
    const auto last = s.spawn(make_scripted([](actor_cell& self, envelope& e) {
      self.answer(e, payload::of(number_in(e) + 1));
    }));
    const auto relay = s.spawn(make_relay(s.spawn(make_relay(last))));
    const auto answer = relay.ask(payload::of(41));
    CHECK(wait_for(s.scheduler, *answer, {}) == drive_result::done);
    CHECK(answer->value().as<int>() == 42);
  }
}

TEST_CASE("a kill ends a wait in a handler") {
  stage s;
  const auto mute = s.spawn(make_ref_counted<probe>());
  const auto relay = s.spawn(make_relay(mute));
  const auto answer = relay.ask(payload::of(1));
  s.scheduler.run();
  CHECK_FALSE(answer->done());
  relay.kill();
  s.scheduler.run();
  CHECK(relay.ended());
  CHECK(answer->done());
}

TEST_CASE("a wait that nothing can end says who waits for whom") {
  stage s;
  const auto mute = s.spawn(make_ref_counted<probe>(), "mute");
  const auto relay = s.spawn(make_relay(mute), "relay");
  const auto answer = relay.ask(payload::of(1));
  CHECK(wait_for(s.scheduler, *answer, {}) == drive_result::stuck);
  CHECK(s.scheduler.who_waits() ==
        "actor 'relay' waits in a handler for actor 'mute'\n");
  relay.kill();
}

TEST_CASE("the deadline of a request passes in virtual time") {
  stage s;
  const auto mute = s.spawn(make_ref_counted<probe>());
  const auto never = make_ref_counted<completion>();
  never->set_deadline(s.scheduler, 1h);
  CHECK(wait_for(s.scheduler, *never, {}) == drive_result::done);
  CHECK_FALSE(never->has_value());
  CHECK(s.scheduler.now() == 1h);
}

TEST_CASE("a probe keeps what it gets, in order, with its sender") {
  stage s;
  const auto kept = make_ref_counted<probe>();
  const auto ref = s.spawn(kept);
  const auto something = kept->when_something();
  CHECK_FALSE(something->done());
  ref.tell(payload::of(1), static_cast<actor_id>(77));
  const auto asked = ref.ask(payload::of(2));
  s.scheduler.run();
  CHECK(something->done());
  auto first = kept->take();
  REQUIRE(first);
  CHECK(first->content.as<int>() == 1);
  CHECK(first->sender == static_cast<actor_id>(77));
  CHECK(first->asker == nullptr);
  auto second = kept->take();
  REQUIRE(second);
  CHECK_FALSE(asked->done());
  second->asker->set_value(payload::of(3));
  CHECK(asked->value().as<int>() == 3);
  CHECK_FALSE(kept->take());
}

TEST_CASE("what a probe has not answered when it ends is a fault") {
  stage s;
  const auto ref = s.spawn(make_ref_counted<probe>());
  const auto asked = ref.ask(payload::of(2));
  s.scheduler.run();
  ref.stop();
  s.scheduler.run();
  REQUIRE(asked->done());
  CHECK(asked->why().what.code == errc::stopped);
}

TEST_CASE("a probe sees an actor end that it watches") {
  stage s;
  const auto kept = make_ref_counted<probe>();
  const auto ref = s.spawn(kept);
  const auto other = s.spawn(make_scripted([](actor_cell&, envelope&) {}));
  kept->watch(ref.cell(), other);
  s.scheduler.run();
  other.stop();
  s.scheduler.run();
  const auto letter = kept->take();
  REQUIRE(letter);
  REQUIRE(letter->end != nullptr);
  CHECK(static_cast<end_notice&>(*letter->end).id() == other.id());
}

TEST_CASE("an actor that refuses messages is full, and then not") {
  stage s;
  std::vector<int> seen;
  const auto ref = s.spawn(testing::make_recorder(seen));
  ref.tell(payload::of(1));
  ref.cell().refuse_messages(true);
  ref.tell(payload::of(2));
  CHECK(s.system.dead().count(dead_reason::mailbox_full) == 1);
  s.scheduler.run();  // signals, and what is in, get through
  ref.cell().refuse_messages(false);
  ref.tell(payload::of(3));
  s.scheduler.run();
  CHECK(seen == std::vector{1, 3});
}

}  // TEST_SUITE("stepping"*doctest::timeout(60)

}  // namespace
}  // namespace troupe
