// SPDX-License-Identifier: Apache-2.0
// What an actor offers its behaviour: timers, the receive timeout, the stash,
// messages that are kept or forwarded, urgent ones, time limits.
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;
using testing::broken;
using testing::hooks;
using testing::number_in;
using testing::stage;

using action = std::function<void(actor_cell&, envelope&)>;

// An actor that does what the next of its actions says, message by message.
hooks doing(std::vector<action> actions) {
  return {.message = [actions = std::move(actions), next = std::size_t{0}](
                         actor_cell& self, envelope& e) mutable {
    actions[std::min(next++, actions.size() - 1)](self, e);
  }};
}

template <typename Function>
action on_turn(Function f) {
  return [f](actor_cell& self, envelope& e) {
    const turn_scope in_turn;
    f(self, e);
  };
}

void tell_all(const actor_ref& to, std::initializer_list<int> numbers) {
  for (const int number : numbers) {
    to.tell(payload::of(number));
  }
}

// Moves time on in small steps, with all turns in between.
void pass(stage& s, clock_duration duration, clock_duration step = 1ms) {
  for (clock_duration passed{}; passed < duration; passed += step) {
    s.scheduler.advance(step);
    s.scheduler.run();
  }
}

constexpr timer_token tick{1};
constexpr timer_token tock{2};

// Starts a timer with its first message, cancels it with the second.
struct timed {
  explicit timed(stage& s, clock_duration delay, clock_duration period = {})
      : clock{s.scheduler} {
    hooks h = doing({on_turn([=](actor_cell& self, envelope&) {
                       self.start_timer(tick, delay, period);
                     }),
                     on_turn([this](actor_cell& self, envelope&) {
                       cancelled = self.cancel_timer(tick);
                     })});
    h.timer = [this](actor_cell&, timer_token which) {
      CHECK(which == tick);
      ticks.push_back(clock.now());
    };
    actor = s.spawn(h);
    actor.tell(payload::of(0));
    s.scheduler.run();
  }

  manual_scheduler& clock;
  std::vector<clock_duration> ticks{};
  bool cancelled = false;
  actor_ref actor{};
};

TEST_SUITE("timers") {

TEST_CASE("a timer goes off once, when its time has come") {
  stage s;
  timed t{s, 10ms};
  pass(s, 9ms);
  CHECK(t.ticks.empty());
  pass(s, 50ms);
  CHECK(t.ticks == std::vector<clock_duration>{10ms});
}

TEST_CASE(
    "a timer that repeats doesn't drift, however late its ticks are "
    "served") {
  stage s;
  timed t{s, 10ms, 10ms};
  for (int i = 0; i != 100; ++i) {
    s.scheduler.advance(13ms);
    s.scheduler.run();
  }
  // Late by less than a step each, so never by more in the end than at first.
  REQUIRE(t.ticks.size() > 70);
  CHECK(t.ticks.back() == 1300ms);
  pass(s, 10ms);
  CHECK(t.ticks.back() == 1310ms);
}

TEST_CASE("ticks don't pile up while their actor has no turn") {
  stage s;
  timed t{s, 10ms, 10ms};
  s.scheduler.advance(1s);
  s.scheduler.run();
  CHECK(t.ticks.size() == 1);
  pass(s, 100ms);
  CHECK(t.ticks.size() == 11);
}

TEST_CASE(
    "a timer that was cancelled is not heard of, though it has gone off "
    "already") {
  stage s;
  timed t{s, 10ms};
  t.actor.tell(payload::of(0));  // in the mailbox before the tick
  s.scheduler.advance(20ms);
  s.scheduler.run();
  CHECK(t.cancelled);
  CHECK(t.ticks.empty());
}

TEST_CASE("to cancel a timer that was served tells that there is none") {
  stage s;
  timed t{s, 10ms};
  pass(s, 20ms);
  t.actor.tell(payload::of(0));
  s.scheduler.run();
  CHECK_FALSE(t.cancelled);
  CHECK(t.ticks.size() == 1);
}

TEST_CASE("a timer of the same token takes the place of the one before") {
  stage s;
  std::vector<clock_duration> ticks;
  hooks h = doing({on_turn([](actor_cell& self, envelope& e) {
    self.start_timer(tick, std::chrono::milliseconds{number_in(e)});
  })});
  h.timer = [&](actor_cell&, timer_token) {
    ticks.push_back(s.scheduler.now());
  };
  const actor_ref a = s.spawn(h);
  tell_all(a, {10});
  s.scheduler.run();
  s.scheduler.advance(5ms);
  SUBCASE("before it goes off") {
    tell_all(a, {10});
    s.scheduler.run();
    pass(s, 50ms);
    CHECK(ticks == std::vector<clock_duration>{15ms});
  }
  SUBCASE("after it went off, before it was served") {
    tell_all(a, {20});
    s.scheduler.advance(5ms);
    s.scheduler.run();
    pass(s, 50ms);
    CHECK(ticks == std::vector<clock_duration>{30ms});
  }
}

TEST_CASE("timers of different tokens are apart") {
  stage s;
  std::vector<timer_token> ticks;
  hooks h = doing({on_turn([](actor_cell& self, envelope&) {
    self.start_timer(tick, 10ms);
    self.start_timer(tock, 5ms);
  })});
  h.timer = [&](actor_cell&, timer_token which) { ticks.push_back(which); };
  tell_all(s.spawn(h), {0});
  s.scheduler.run();
  pass(s, 20ms);
  CHECK(ticks == std::vector{tock, tick});
}

TEST_CASE("timers end with the incarnation that started them") {
  stage s;
  int ticks = 0;
  hooks h = doing(
      {on_turn([](actor_cell& self, envelope&) {
         self.start_timer(tick, 10ms, 10ms);
       }),
       on_turn([](actor_cell& self, envelope& e) { self.fail(e, broken()); })});
  h.timer = [&](actor_cell&, timer_token) { ++ticks; };
  const actor_ref a = s.spawn_child(h);
  tell_all(a, {0, 0});
  s.scheduler.run();
  s.scheduler.advance(15ms);
  a.cell().restart();
  s.scheduler.run();
  pass(s, 100ms);
  CHECK(ticks == 0);
}

TEST_CASE("a period that is longer than time itself does no harm") {
  stage s;
  timed t{s, 1ms, clock_duration::max()};
  pass(s, 50ms);
  CHECK(t.ticks.size() == 1);
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t many = 50'000;
#else
constexpr std::uint64_t many = 1'000'000;
#endif

TEST_CASE("a million timers are pending, go off in time, and leave nothing") {
  stage s;
  std::uint64_t ticks = 0;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> probe = held;
  hooks h = doing({on_turn([](actor_cell& self, envelope&) {
    for (std::uint64_t i = 0; i != many; ++i) {
      self.start_timer(
          timer_token{i},
          1s + i * 7919 % many * (std::chrono::nanoseconds{1s} / many));
    }
  })});
  h.timer = [&ticks, held](actor_cell&, timer_token) { ++ticks; };
  actor_ref a = s.spawn(std::exchange(h, {}));
  held.reset();
  tell_all(a, {0});
  s.scheduler.run();
  s.scheduler.advance(1500ms);
  s.scheduler.run();
  CHECK(ticks == many / 2 + 1);
  a.stop();  // with the other half still pending
  s.scheduler.run();
  CHECK(probe.expired());
}

}  // TEST_SUITE("timers")

TEST_SUITE("receive timeout") {

// Sets its timeout by a message, in milliseconds; other messages are negative.
struct listening {
  explicit listening(stage& s) : clock{s.scheduler} {
    actor = s.spawn(
        {.message =
             [](actor_cell& self, envelope& e) {
               const turn_scope in_turn;
               if (number_in(e) >= 0) {
                 self.set_receive_timeout(
                     std::chrono::milliseconds{number_in(e)});
               }
             },
         .silence = [this](actor_cell&) { at.push_back(clock.now()); }});
  }
  manual_scheduler& clock;
  std::vector<clock_duration> at{};
  actor_ref actor{};
};

TEST_CASE("it comes again and again while no message does") {
  stage s;
  listening l{s};
  tell_all(l.actor, {10});
  s.scheduler.run();
  pass(s, 35ms);
  CHECK(l.at == std::vector<clock_duration>{10ms, 20ms, 30ms});
}

TEST_CASE("a message puts it off") {
  stage s;
  listening l{s};
  tell_all(l.actor, {10});
  s.scheduler.run();
  for (int i = 0; i != 5; ++i) {
    pass(s, 8ms);
    tell_all(l.actor, {-1});
    s.scheduler.run();
  }
  CHECK(l.at.empty());
  pass(s, 12ms);
  CHECK(l.at == std::vector<clock_duration>{50ms});
}

TEST_CASE("a message that waits already puts it off too") {
  stage s;
  listening l{s};
  tell_all(l.actor, {10});
  s.scheduler.run();
  s.scheduler.advance(9ms);
  tell_all(l.actor, {-1});
  s.scheduler.advance(5ms);
  s.scheduler.run();
  CHECK(l.at.empty());
}

TEST_CASE("a new one takes its place, and zero ends it") {
  stage s;
  listening l{s};
  tell_all(l.actor, {10});
  s.scheduler.run();
  s.scheduler.advance(10ms);  // it is due, and its look is in the mailbox
  tell_all(l.actor, {7});
  s.scheduler.run();
  pass(s, 30ms);
  CHECK(l.at.size() == 4);
  tell_all(l.actor, {0});
  s.scheduler.run();
  pass(s, 30ms);
  CHECK(l.at.size() == 4);
}

TEST_CASE("each time it is set anew one look is under way, and no more") {
  stage s;
  listening l{s};
  for (int i = 0; i != 50; ++i) {
    tell_all(l.actor, {10});
    s.scheduler.run();
    s.scheduler.advance(10ms);  // the look is in the mailbox by now
  }
  s.scheduler.run();
  const auto turns = s.scheduler.stats().turns;
  pass(s, 100ms, 10ms);
  CHECK(s.scheduler.stats().turns - turns <= 11);
}

}  // TEST_SUITE("receive timeout")

TEST_SUITE("stash") {

TEST_CASE("what was put aside comes next, in the old order") {
  stage s;
  std::vector<int> seen;
  bool open = false;
  const actor_ref a =
      s.spawn({.message = on_turn([&](actor_cell& self, envelope& e) {
                 if (number_in(e) == 0) {
                   open = true;
                   self.unstash_all();
                 } else if (!open) {
                   CHECK(self.stash());
                 } else {
                   seen.push_back(number_in(e));
                 }
               })});
  tell_all(a, {1, 2, 3, 0, 4});
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2, 3, 4});
  CHECK(a.cell().handled() == 5);
  CHECK(a.cell().mailbox_size() == 0);
}

TEST_CASE("a full stash takes no more, and the message stays at hand") {
  stage s;
  int refused = 0;
  const actor_ref a =
      s.spawn({.message = on_turn([&](actor_cell& self, envelope&) {
                 if (!self.stash()) {
                   CHECK(self.at_hand() != nullptr);
                   ++refused;
                 }
               })},
              {.stash_capacity = 2});
  tell_all(a, {1, 2, 3, 4});
  s.scheduler.run();
  CHECK(refused == 2);
  CHECK(a.cell().handled() == 2);
  a.stop();
  s.scheduler.run();
  CHECK(s.dead(dead_reason::stopped) == 2);
}

TEST_CASE(
    "what is put aside is handled by the next incarnation, before all "
    "that came later") {
  stage s;
  std::vector<int> seen;
  int incarnation = 0;
  hooks h{.message = on_turn([&](actor_cell& self, envelope& e) {
            if (number_in(e) == -1) {
              self.fail(e, broken());
            } else if (incarnation == 1) {
              self.stash();
            } else {
              seen.push_back(number_in(e));
            }
          }),
          .start = [&](actor_cell&) -> std::optional<fault> {
            ++incarnation;
            return std::nullopt;
          }};
  spawn_options options;
  SUBCASE("without a limit") {}
  SUBCASE("with a hard limit") {
    options.mailbox_capacity = 4;
    options.overflow = overflow_policy::fail;
  }
  SUBCASE("with a soft limit") {
    options.mailbox_capacity = 2;
    options.overflow = overflow_policy::mute;
  }
  SUBCASE("where the oldest make room") {
    options.mailbox_capacity = 4;
    options.overflow = overflow_policy::drop_oldest;
  }
  const actor_ref a = s.spawn_child(h, options);
  tell_all(a, {1, 2, -1, 3});
  s.scheduler.run();
  a.cell().restart();
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2, 3});
  // The places that they took are free again.
  const auto before = seen.size();
  tell_all(a, {4, 5, 6, 7});
  s.scheduler.run();
  CHECK(seen.size() == before + 4);
}

}  // TEST_SUITE("stash")

TEST_SUITE("kept messages") {

// Keeps all messages; gives back the oldest when it is told to.
struct keeping {
  keeping(stage& s, std::size_t concurrency, bool answers = false) : stage_{s} {
    actor = s.spawn({.message = on_turn([this](actor_cell& self, envelope& e) {
                       seen.push_back(number_in(e));
                       kept.push_back(self.keep());
                     }),
                     .stop =
                         [this](actor_cell& self, stop_reason) {
                           const turn_scope in_turn;
                           for (auto& e : kept) {
                             self.release(std::move(e));
                           }
                           kept.clear();
                         },
                     .ready =
                         [this, answers](actor_cell& self) {
                           const turn_scope in_turn;
                           envelope_ptr e = std::move(kept.front());
                           kept.erase(kept.begin());
                           if (answers) {
                             self.answer(*e, payload::of(number_in(*e) * 2));
                           }
                           self.release(std::move(e));
                         }},
                    {.concurrency = concurrency});
  }
  ~keeping() {
    actor.stop();
    stage_.scheduler.run();
  }
  keeping(const keeping&) = delete;
  keeping& operator=(const keeping&) = delete;

  void give_one_back() {
    actor.cell().signal(envelope_kind::ready);
    stage_.scheduler.run();
  }

  stage& stage_;
  std::vector<int> seen{};
  std::vector<envelope_ptr> kept{};
  actor_ref actor{};
};

TEST_CASE("an actor gets as many messages at a time as its concurrency says") {
  for (const std::size_t concurrency : {1u, 3u}) {
    stage s;
    keeping k{s, concurrency};
    tell_all(k.actor, {0, 1, 2, 3, 4, 5, 6});
    s.scheduler.run();
    for (std::size_t given = 0; given != 7; ++given) {
      CHECK(k.seen.size() == std::min<std::size_t>(given + concurrency, 7));
      CHECK_FALSE(s.quiet());
      k.give_one_back();
    }
    CHECK(k.seen == std::vector{0, 1, 2, 3, 4, 5, 6});
    CHECK(k.actor.cell().handled() == 7);
    CHECK(s.quiet());
  }
}

TEST_CASE("a message that was kept is answered when it is given back") {
  stage s;
  keeping k{s, 2, true};
  const auto first = k.actor.ask(payload::of(21));
  const auto second = k.actor.ask(payload::of(4));
  s.scheduler.run();
  CHECK_FALSE(first->done());
  k.give_one_back();
  CHECK(first->value().as<int>() == 42);
  CHECK_FALSE(second->done());
  k.give_one_back();
  CHECK(second->value().as<int>() == 8);
}

TEST_CASE("a stop finds an actor that is busy, and all is quiet then") {
  for (const std::size_t concurrency : {1u, 3u}) {
    stage s;
    keeping k{s, concurrency};
    const auto kept = k.actor.ask(payload::of(0));
    tell_all(k.actor, {1, 2, 3, 4});
    s.scheduler.run();
    const auto quiet = s.system.when_quiet();
    CHECK_FALSE(quiet->done());
    concurrency == 1 ? k.actor.stop() : k.actor.kill();
    s.scheduler.run();
    CHECK(k.actor.ended());
    CHECK(kept->done());
    CHECK(quiet->done());
    CHECK(k.actor.cell().handled() + s.system.dead().total() == 5);
  }
}

TEST_CASE("a busy actor that goes down begins again with room for messages") {
  stage s;
  std::vector<int> seen;
  std::vector<envelope_ptr> kept;
  hooks h{.message = on_turn([&](actor_cell& self, envelope& e) {
            seen.push_back(number_in(e));
            kept.push_back(self.keep());
          }),
          .stop = [&](actor_cell& self, stop_reason) {
            const turn_scope in_turn;
            for (auto& e : kept) {
              self.release(std::move(e));
            }
            kept.clear();
          }};
  const actor_ref a = s.spawn_child(h);
  tell_all(a, {1, 2});
  s.scheduler.run();
  CHECK(seen == std::vector{1});
  a.kill();
  s.scheduler.run();
  CHECK(seen == std::vector{1});
  a.cell().restart();
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2});
  s.end();
}

}  // TEST_SUITE("kept messages")

TEST_SUITE("forwarding") {

TEST_CASE("a forwarded message keeps its sender and its asker") {
  stage s;
  actor_id heard{};
  ref_ptr<completion> answer;
  const actor_ref last =
      s.spawn({.message = on_turn([&](actor_cell& self, envelope& e) {
                 heard = self.sender();
                 self.answer(e, payload::of(number_in(e) + 1));
               })});
  const actor_ref middle =
      s.spawn({.message = on_turn([&](actor_cell& self, envelope&) {
                 self.forward(last.cell());
                 CHECK(self.at_hand() == nullptr);
               })});
  const actor_ref first = s.spawn({.message = [&](actor_cell&, envelope&) {
    answer = middle.ask(payload::of(1));
  }});
  tell_all(first, {0});
  s.scheduler.run();
  CHECK(heard == first.id());
  CHECK(answer->value().as<int>() == 2);
  CHECK(answer->holder() == static_cast<std::uint64_t>(last.id()));
  CHECK(middle.cell().handled() == 0);
}

TEST_CASE(
    "a message that is forwarded to the dead is one dead letter, and its "
    "asker is told") {
  stage s;
  const actor_ref last = s.spawn({});
  const actor_ref middle =
      s.spawn({.message = on_turn([&](actor_cell& self, envelope&) {
                 self.forward(last.cell());
               })});
  last.stop();
  s.scheduler.run();
  const auto answer = middle.ask(payload::of(1));
  s.scheduler.run();
  CHECK(answer->done());
  CHECK(s.system.dead().total() == 1);
}

}  // TEST_SUITE("forwarding")

TEST_SUITE("urgent messages") {

envelope_ptr urgent(int number) {
  auto e = make_envelope();
  e->content = payload::of(number);
  e->urgent = true;
  return e;
}

TEST_CASE("urgent messages overtake the others, and keep their order") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn({.message = [&](actor_cell&, envelope& e) {
    seen.push_back(number_in(e));
  }});
  tell_all(a, {1, 2});
  a.cell().deliver_or_bury(urgent(8));
  a.cell().deliver_or_bury(urgent(9));
  s.scheduler.run();
  CHECK(seen == std::vector{8, 9, 1, 2});
}

TEST_CASE("an urgent message doesn't overtake the start or a stop") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn({.message = [&](actor_cell&, envelope& e) {
    seen.push_back(number_in(e));
  }});
  a.cell().deliver_or_bury(urgent(8));
  a.stop();
  s.scheduler.run();
  CHECK(seen.empty());
  CHECK(s.dead(dead_reason::stopped) == 1);
}

}  // TEST_SUITE("urgent messages")

TEST_SUITE("time limits") {

class slow final : public behaviour {
public:
  explicit slow(manual_scheduler& clock) : clock_{clock} {}

  // Takes as many milliseconds as the message says.
  void on_message(actor_cell& self, envelope& e) override {
    clock_.advance(std::chrono::milliseconds{number_in(e)});
    was_overdue.push_back(self.overdue());
  }
  void interrupt(actor_cell& self, interrupt_kind kind,
                 std::uint64_t message) noexcept override {
    CHECK(kind == interrupt_kind::time_limit);
    CHECK(self.is_handling(message));
    ++interrupts;
  }

  std::vector<bool> was_overdue{};
  int interrupts = 0;

private:
  manual_scheduler& clock_;
};

TEST_CASE("a time limit hits the handler that takes too long, and no other") {
  stage s;
  const auto code = make_ref_counted<slow>(s.scheduler);
  const actor_ref a = s.system.spawn(code, {.time_limit = 10ms}).value();
  tell_all(a, {9, 11, 9, 10, 1});
  s.scheduler.run();
  CHECK(code->was_overdue ==
        std::vector<bool>{false, true, false, true, false});
  CHECK(code->interrupts == 2);
}

}  // TEST_SUITE("time limits")

}  // namespace
}  // namespace troupe
