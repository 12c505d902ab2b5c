// SPDX-License-Identifier: Apache-2.0
// Starts and ends that need more than one turn, and kept messages meanwhile.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/roles.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::number_in;

/// Goes on with its start or its end when it is told, by `ready`, and keeps the
/// messages that are negative.
class slow final : public behaviour {
public:
  explicit slow(std::string& log) : log_{log} {}

  std::optional<fault> on_start(actor_cell& self) override {
    const turn_scope in_turn;
    log_ += "start ";
    self.start_later();
    return std::nullopt;
  }
  void on_message(actor_cell& self, envelope& e) override {
    const turn_scope in_turn;
    log_ += std::to_string(number_in(e)) + " ";
    if (number_in(e) < 0) {
      kept_.push_back(self.keep());
    }
  }
  void on_ready(actor_cell& self) override {
    const turn_scope in_turn;
    if (self.state() == actor_cell::life::starting) {
      log_ += "started ";
      self.started_now(std::exchange(why_not, std::nullopt));
    } else if (self.state() == actor_cell::life::ending) {
      log_ += "over ";
      self.ending_is_over();
    }
  }
  bool on_ending(actor_cell&, stop_reason reason, bool drain) override {
    log_ += std::string{drain ? "drain " : "end "} +
            std::string{to_string(reason)} + " ";
    return true;
  }
  void on_stop(actor_cell& self, stop_reason reason) noexcept override {
    const turn_scope in_turn;
    log_ += "stop " + std::string{to_string(reason)} + " ";
    for (envelope_ptr& e : kept_) {
      self.release(std::move(e));
    }
  }

  std::optional<fault> why_not;

private:
  std::string& log_;
  std::vector<envelope_ptr> kept_;
};

struct stage {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  std::string log;
  ref_ptr<slow> code = make_ref_counted<slow>(log);
  actor_ref actor = system.spawn(code, {.concurrency = 2}).value();

  void run() {
    scheduler.run();
    log += "| ";
  }
  void go_on() {
    actor.cell().signal(envelope_kind::ready);
    run();
  }
};

TEST_SUITE("slow_life") {

TEST_CASE("messages wait for a start that needs more turns") {
  stage s;
  s.actor.tell(payload::of(1));
  s.run();
  CHECK_FALSE(s.actor.cell().started().done());
  CHECK_FALSE(s.system.when_quiet()->done());
  s.go_on();
  CHECK(s.actor.cell().started().has_value());
  CHECK(s.system.when_quiet()->done());
  CHECK(s.log == "start | started 1 | ");
  s.actor.kill();
  s.run();
}

TEST_CASE("a start that needs more turns may fail in the end") {
  stage s;
  s.code->why_not = fault{make_error(errc::failed, "no luck"), {}};
  s.run();
  s.go_on();
  s.go_on();
  CHECK(s.actor.cell().started().why().what.detail == "no luck");
  CHECK(s.actor.ended());
  CHECK(s.log == "start | started end unstarted | over stop unstarted | ");
}

TEST_CASE("a stop or a kill ends a start that needs more turns") {
  stage s;
  s.run();
  SUBCASE("stop") {
    s.actor.stop();
    s.run();
    s.go_on();
    CHECK(s.log == "start | end stopped | over stop stopped | ");
  }
  SUBCASE("kill") {
    s.actor.kill();
    s.run();
    CHECK(s.log == "start | stop killed | ");
  }
  CHECK(s.actor.ended());
  CHECK(s.actor.cell().started().why().what.code == errc::stopped);
  CHECK(s.system.when_quiet()->done());
}

TEST_CASE("no message comes while an end needs more turns") {
  stage s;
  s.run();
  s.go_on();
  s.actor.tell(payload::of(-1));
  s.run();
  s.actor.stop();
  s.actor.tell(payload::of(2));
  s.run();
  CHECK_FALSE(s.actor.ended());
  CHECK_FALSE(s.system.when_quiet()->done());
  s.go_on();
  CHECK(s.actor.ended());
  CHECK(s.system.dead().count(dead_reason::stopped) == 1);
  CHECK(s.log == "start | started | -1 | end stopped | over stop stopped | ");
  CHECK(s.system.when_quiet()->done());
}

TEST_CASE("a drain tells so, and comes when the kept messages let it") {
  stage s;
  s.run();
  s.go_on();
  s.actor.tell(payload::of(-1));
  s.actor.stop_when_drained();
  s.run();
  s.go_on();
  CHECK(s.log == "start | started | -1 drain stopped | over stop stopped | ");
}

TEST_CASE("a kill ends an end that needs more turns") {
  stage s;
  s.run();
  s.go_on();
  s.actor.stop();
  s.run();
  s.actor.kill();
  s.run();
  CHECK(s.actor.ended());
  CHECK(s.log == "start | started | end stopped | stop killed | ");
  CHECK(s.system.when_quiet()->done());
}

}  // TEST_SUITE("slow_life")

}  // namespace
}  // namespace troupe
