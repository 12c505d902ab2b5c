// SPDX-License-Identifier: Apache-2.0
// What a crowded or full mailbox does: each policy, and senders that are muted.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
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
using testing::stage;

hooks noting(std::vector<int>& seen) {
  return {.message = [&seen](actor_cell&, envelope& e) {
    seen.push_back(number_in(e));
  }};
}

spawn_options bounded(std::size_t capacity, overflow_policy overflow) {
  spawn_options options;
  options.mailbox_capacity = capacity;
  options.overflow = overflow;
  return options;
}

void tell_all(const actor_ref& to, std::initializer_list<int> numbers) {
  for (const int number : numbers) {
    to.tell(payload::of(number));
  }
}

TEST_SUITE("overflow") {

TEST_CASE("drop_newest: what came first stays") {
  stage s;
  std::vector<int> seen;
  const actor_ref a =
      s.spawn(noting(seen), bounded(2, overflow_policy::drop_newest));
  tell_all(a, {1, 2, 3, 4});
  const auto asked = a.ask(payload::of(5));
  REQUIRE(asked->done());
  CHECK(asked->why().what.code == errc::refused);
  s.scheduler.run();
  CHECK(seen == std::vector{1, 2});
  CHECK(s.dead(dead_reason::dropped) == 3);
}

TEST_CASE("drop_oldest: what came last stays") {
  stage s;
  std::vector<int> seen;
  const actor_ref a =
      s.spawn(noting(seen), bounded(2, overflow_policy::drop_oldest));
  const auto asked = a.ask(payload::of(0));
  tell_all(a, {1, 2, 3, 4});
  CHECK(asked->done());
  s.scheduler.run();
  CHECK(seen == std::vector{3, 4});
  CHECK(s.dead(dead_reason::dropped) == 3);
  CHECK(a.cell().mailbox_size() == 0);
}

TEST_CASE("drop_oldest: orders and notices aren't messages, and stay") {
  stage s;
  std::vector<int> seen;
  hooks h = noting(seen);
  h.start = [](actor_cell& self) -> std::optional<fault> {
    const turn_scope in_turn;
    self.start_timer(timer_token{7}, 1ms);
    return std::nullopt;
  };
  h.timer = [&seen](actor_cell&, timer_token) { seen.push_back(-7); };
  const actor_ref a = s.spawn(h, bounded(2, overflow_policy::drop_oldest));
  s.scheduler.run();
  s.scheduler.advance(1ms);
  tell_all(a, {1, 2});
  a.stop_when_drained();
  tell_all(a, {3, 4, 5});
  s.scheduler.run();
  // The places of 1, 2 and 3 went to 3, 4 and 5, which come after the order.
  CHECK(seen == std::vector{-7});
  CHECK(a.ended());
  CHECK(s.dead(dead_reason::dropped) == 3);
  CHECK(s.dead(dead_reason::stopped) == 2);
}

TEST_CASE("drop_oldest: an urgent message stays urgent") {
  stage s;
  std::vector<int> seen;
  const actor_ref a =
      s.spawn(noting(seen), bounded(2, overflow_policy::drop_oldest));
  tell_all(a, {1, 2});
  auto e = make_envelope();
  e->content = payload::of(9);
  e->urgent = true;
  a.cell().deliver_or_bury(std::move(e));
  s.scheduler.run();
  CHECK(seen == std::vector{9, 2});
}

TEST_CASE(
    "redirect: another actor gets what doesn't fit, or it is a dead "
    "letter") {
  stage s;
  std::vector<int> here;
  std::vector<int> there;
  const actor_ref other =
      s.spawn(noting(there), bounded(1, overflow_policy::fail));
  spawn_options options = bounded(1, overflow_policy::redirect);
  options.redirect.reset(&other.cell());
  const actor_ref a = s.spawn(noting(here), std::move(options));
  tell_all(a, {1, 2, 3});
  s.scheduler.run();
  CHECK(here == std::vector{1});
  CHECK(there == std::vector{2});
  CHECK(s.dead(dead_reason::mailbox_full) == 1);
}

TEST_CASE("block and fail: the envelope stays with its sender") {
  for (const auto policy : {overflow_policy::block, overflow_policy::fail}) {
    stage s;
    std::vector<int> seen;
    const actor_ref a = s.spawn(noting(seen), bounded(1, policy));
    tell_all(a, {1});
    auto e = make_envelope();
    e->content = payload::of(2);
    CHECK(a.cell().deliver(std::move(e)) == push_result::full);
    REQUIRE(e != nullptr);
    const auto room = a.cell().when_room();
    CHECK_FALSE(room->done());
    s.scheduler.run();
    CHECK(room->done());
    CHECK(a.cell().deliver(std::move(e)) == push_result::woke_reader);
  }
}

TEST_CASE("whoever waits for room is told when there is none to come") {
  stage s;
  std::vector<int> seen;
  const actor_ref a = s.spawn(noting(seen), bounded(1, overflow_policy::block));
  tell_all(a, {1});
  const auto room = a.cell().when_room();
  a.kill();
  s.scheduler.run();
  CHECK(room->done());
  CHECK(a.cell().when_room()->done());
}

}  // TEST_SUITE("overflow")

// Sends `each` messages to the next with each message that it gets.
struct sender {
  hooks make() {
    return {.message = [this](actor_cell&, envelope&) {
      ++handled;
      for (int i = 0; i != each; ++i) {
        to.tell(payload::of(i));
      }
    }};
  }
  actor_ref to{};
  int each = 10;
  int handled = 0;
};

TEST_SUITE("muting") {

TEST_CASE(
    "who sends to a crowded actor gets no message before there is "
    "room") {
  stage s;
  std::vector<int> seen;
  bool asleep = true;
  sender source;
  // It handles nothing before it is woken: a message kept for that long.
  envelope_ptr kept;
  const actor_ref receiver = s.spawn({.message =
                                          [&](actor_cell& self, envelope& e) {
                                            const turn_scope in_turn;
                                            seen.push_back(number_in(e));
                                            if (asleep) {
                                              kept = self.keep();
                                            }
                                          },
                                      .ready =
                                          [&](actor_cell& self) {
                                            const turn_scope in_turn;
                                            asleep = false;
                                            self.release(std::move(kept));
                                          }},
                                     bounded(8, overflow_policy::mute));
  source.to = receiver;
  const actor_ref from = s.spawn(source.make());
  for (int i = 0; i != 5; ++i) {
    tell_all(from, {i});
  }
  s.scheduler.run();
  CHECK(source.handled == 1);
  CHECK(from.cell().muted());
  CHECK(from.cell().mailbox_size() == 4);
  receiver.cell().signal(envelope_kind::ready);
  s.scheduler.run();
  CHECK(source.handled == 5);
  CHECK(seen.size() == 50);
  CHECK_FALSE(from.cell().muted());
  CHECK(s.quiet());
  source.to = {};
}

TEST_CASE("an actor that is crowded itself is not muted") {
  stage s;
  std::vector<int> seen;
  sender middle;
  sender source;
  envelope_ptr kept;
  // The middle one is crowded by the source, and crowds the sink.
  const actor_ref sink = s.spawn({.message =
                                      [&](actor_cell& self, envelope&) {
                                        const turn_scope in_turn;
                                        kept = self.keep();
                                      },
                                  .stop =
                                      [&](actor_cell& self, stop_reason) {
                                        const turn_scope in_turn;
                                        self.release(std::move(kept));
                                      }},
                                 bounded(2, overflow_policy::mute));
  middle.to = sink;
  const actor_ref mid =
      s.spawn(middle.make(), bounded(4, overflow_policy::mute));
  source.to = mid;
  const actor_ref from = s.spawn(source.make());
  tell_all(from, {0});
  // One turn each, so that the middle one is crowded when it sends.
  s.scheduler.run();
  CHECK(from.cell().handled() == 1);
  CHECK(middle.handled >= 1);
  sink.stop();
  s.scheduler.run();
  CHECK(middle.handled == 10);
  CHECK(s.quiet());
  s.end();
  middle.to = {};
  source.to = {};
}

TEST_CASE(
    "a sender goes on when the one that muted it ends, or is killed "
    "while it is down") {
  for (const bool down : {false, true}) {
    stage s;
    sender source;
    hooks h{.message = [](actor_cell& self, envelope& e) {
      const turn_scope in_turn;
      self.fail(e, broken());
    }};
    spawn_options options = bounded(4, overflow_policy::mute);
    options.parent = s.parent;
    options.source = make_ref_counted<testing::alike>(hooks{});
    const actor_ref receiver = s.spawn(h, options);
    source.to = receiver;
    const actor_ref from = s.spawn(source.make());
    tell_all(from, {0, 1});
    s.scheduler.run();
    REQUIRE(receiver.cell().state() == actor_cell::life::down);
    CHECK(from.cell().muted());
    if (down) {
      receiver.cell().restart();
    } else {
      receiver.cell().terminate();
    }
    s.scheduler.run();
    CHECK(source.handled == 2);
    CHECK_FALSE(from.cell().muted());
    CHECK(s.quiet());
    source.to = {};
  }
}

TEST_CASE(
    "a muted actor can be stopped and killed, and its messages are dead "
    "letters") {
  for (const bool kill : {false, true}) {
    stage s;
    sender source;
    envelope_ptr kept;
    const actor_ref receiver = s.spawn({.message =
                                            [&](actor_cell& self, envelope&) {
                                              const turn_scope in_turn;
                                              kept = self.keep();
                                            },
                                        .stop =
                                            [&](actor_cell& self, stop_reason) {
                                              const turn_scope in_turn;
                                              self.release(std::move(kept));
                                            }},
                                       bounded(2, overflow_policy::mute));
    source.to = receiver;
    const actor_ref from = s.spawn(source.make());
    tell_all(from, {0, 1, 2});
    s.scheduler.run();
    REQUIRE(from.cell().muted());
    kill ? from.kill() : from.stop();
    s.scheduler.run();
    CHECK(from.ended());
    CHECK(s.dead(dead_reason::stopped) == 2);
    s.end();
    source.to = {};
  }
}

// What it sends in on_stop() mutes it, when it has nothing more to pause.
TEST_CASE(
    "what comes to an actor that was muted by its last words is a dead "
    "letter") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    stage s{seed};
    envelope_ptr kept;
    const actor_ref receiver = s.spawn({.message =
                                            [&](actor_cell& self, envelope&) {
                                              const turn_scope in_turn;
                                              kept = self.keep();
                                            },
                                        .stop =
                                            [&](actor_cell& self, stop_reason) {
                                              const turn_scope in_turn;
                                              if (kept != nullptr) {
                                                self.release(std::move(kept));
                                              }
                                            }},
                                       bounded(2, overflow_policy::mute));
    actor_ref from;
    from = s.spawn({.stop = [&](actor_cell&, stop_reason) {
      for (int i = 0; i != 5; ++i) {
        receiver.tell(payload::of(i));
      }
      tell_all(from, {1, 2});  // to itself, while it ends
    }});
    s.scheduler.run();
    from.stop();
    s.scheduler.run();
    CHECK(from.ended());
    CHECK(from.cell().mailbox_size() == 0);
    CHECK(s.dead(dead_reason::stopped) == 2);
    s.end();
    from = {};
  }
}

TEST_CASE(
    "one that is muted by an actor that awaits its answer goes on all "
    "the same") {
  stage s;
  // The receiver keeps its message until the sender has answered: nothing in
  // the core knows that it waits.
  sender source;
  source.each = 40;
  actor_ref from;
  envelope_ptr kept;
  ref_ptr<completion> answer;
  const actor_ref receiver = s.spawn(
      {.message =
           [&](actor_cell& self, envelope&) {
             const turn_scope in_turn;
             if (answer != nullptr) {
               return;
             }
             kept = self.keep();
             answer = from.ask(payload::of(0));
             answer->on_done([&self] { self.signal(envelope_kind::ready); });
           },
       .ready =
           [&](actor_cell& self) {
             const turn_scope in_turn;
             self.release(std::move(kept));
           }},
      bounded(8, overflow_policy::mute));
  source.to = receiver;
  from = s.spawn(source.make());
  tell_all(from, {0, 0, 0});
  s.scheduler.run();
  REQUIRE(answer != nullptr);
  CHECK_FALSE(answer->done());
  s.scheduler.run_until_quiet();
  CHECK(answer->done());
  CHECK(source.handled == 4);
  CHECK(receiver.cell().handled() == 160);
  CHECK(s.quiet());
  source.to = {};
  from = {};
}

// Actors that send on as many messages as they get, or more for a while, in a
// ring with a few chords: whoever is muted goes on in the end.
class flood {
public:
  flood(actor_system& system, std::uint64_t seed, std::size_t size,
        std::size_t capacity) {
    actors_.reserve(size);
    for (std::size_t i = 0; i != size; ++i) {
      actors_.push_back(
          system
              .spawn(
                  act({.message =
                           [this, i, random = std::mt19937_64{seed * 100 + i}](
                               actor_cell&, envelope& e) mutable {
                             pass_on(i, number_in(e), random);
                           }}),
                  bounded(capacity, overflow_policy::mute))
              .value());
    }
  }

  void begin(std::size_t at, int hops) { send(at, hops); }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t handled() const {
    std::uint64_t all = 0;
    for (const actor_ref& a : actors_) {
      all += a.cell().handled();
    }
    return all;
  }
  bool anyone_muted() const {
    return std::ranges::any_of(
        actors_, [](const actor_ref& a) { return a.cell().muted(); });
  }

private:
  void pass_on(std::size_t from, int hops, std::mt19937_64& random) {
    if (hops == 0) {
      return;
    }
    send(from + 1, hops - 1);
    if (random() % 3 == 0) {
      send(from + 1 + random() % actors_.size(), hops / 2);
    }
  }
  void send(std::size_t to, int hops) {
    ++sent_;
    actors_[to % actors_.size()].tell(payload::of(hops));
  }

  std::vector<actor_ref> actors_;
  std::atomic<std::uint64_t> sent_{0};
};

TEST_CASE(
    "cycles of actors that flood each other never stop, over many "
    "interleavings") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    stage s{seed};
    flood f{s.system, seed, 2 + seed % 5, 1 + seed % 4};
    for (std::size_t i = 0; i != 12; ++i) {
      f.begin(i, 24);
    }
    s.scheduler.run();  // moves no time: nobody's patience is needed
    CHECK(f.handled() == f.sent());
    CHECK_FALSE(f.anyone_muted());
    CHECK(s.quiet());
  }
}

TEST_CASE(
    "cycles of actors that flood each other never stop, with real "
    "threads" *
    doctest::timeout(120)) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    thread_scheduler scheduler{{.workers = 3}};
    actor_system system{scheduler};
    {
      flood f{system, seed, 2 + seed % 5, 1 + seed % 4};
      std::vector<std::thread> threads;
      for (std::size_t t = 0; t != 2; ++t) {
        threads.emplace_back([&f, t] {
          for (std::size_t i = 0; i != 20; ++i) {
            f.begin(t + i, 20);
          }
        });
      }
      for (auto& t : threads) {
        t.join();
      }
      REQUIRE(system.when_quiet()->wait(std::nullopt) == wait_result::done);
      CHECK(f.handled() == f.sent());
      CHECK_FALSE(f.anyone_muted());
      CHECK(system.begin_shutdown(10s)->wait(std::nullopt) ==
            wait_result::done);
    }
  }
}

TEST_CASE("a flood holds its memory: the sender waits for the receiver") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    stage s{seed};
    std::vector<int> seen;
    sender source;
    const actor_ref receiver =
        s.spawn(noting(seen), bounded(100, overflow_policy::mute));
    source.to = receiver;
    const actor_ref from = s.spawn(source.make());
    for (int i = 0; i != 1000; ++i) {
      tell_all(from, {i});
    }
    std::size_t most = 0;
    while (s.scheduler.step()) {
      most = std::max(most, receiver.cell().mailbox_size());
    }
    CHECK(seen.size() == 10'000);
    // One message's worth beyond the limit; and a quantum that isn't settled.
    CHECK(most <= 100 + 10 + 64);
    source.to = {};
  }
}

}  // TEST_SUITE("muting")

}  // namespace
}  // namespace troupe
