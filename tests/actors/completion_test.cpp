// SPDX-License-Identifier: Apache-2.0
#include "actors/asking/completion.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

using namespace std::chrono_literals;

fault make_fault(const char* words) {
  return {make_error(errc::failed, words), {}};
}

TEST_SUITE("completion") {

TEST_CASE("the first answer counts, a second one is refused") {
  const auto c = make_ref_counted<completion>();
  CHECK_FALSE(c->done());
  CHECK(c->set_value(payload::of(1)));
  CHECK_FALSE(c->set_value(payload::of(2)));
  CHECK_FALSE(c->set_fault(make_fault("late")));
  CHECK(c->has_value());
  CHECK(c->value().as<int>() == 1);
}

TEST_CASE("a fault carries its words") {
  const auto c = make_ref_counted<completion>();
  CHECK(c->set_fault(make_fault("it broke")));
  CHECK(c->done());
  CHECK_FALSE(c->has_value());
  CHECK(c->why().what.detail == "it broke");
}

TEST_CASE("listeners are called once, before or after the answer") {
  const auto c = make_ref_counted<completion>();
  int early = 0;
  int late = 0;
  c->on_done([&early] { ++early; });
  CHECK(early == 0);
  c->set_value({});
  CHECK(early == 1);
  c->on_done([&late] { ++late; });
  CHECK(late == 1);
  CHECK(early == 1);
}

TEST_CASE("a listener may drop the last reference") {
  auto c = make_ref_counted<completion>();
  completion& raw = *c;
  raw.on_done([&c] { c = nullptr; });
  raw.set_value({});
  CHECK(c == nullptr);
}

ref_ptr<completion> make_due_in(manual_scheduler& clock, clock_duration left) {
  auto c = make_ref_counted<completion>();
  c->set_deadline(clock, clock.now() + left);
  return c;
}

TEST_CASE("a deadline that passes is a fault, and later answers are late") {
  manual_scheduler clock;
  const auto c = make_due_in(clock, 2s);
  clock.advance(2s - 1ns);
  CHECK_FALSE(c->done());
  clock.advance(1ns);

  SUBCASE("for who looks") {
    CHECK(c->done());
  }
  SUBCASE("for who answers") {
    CHECK_FALSE(c->set_value(payload::of(1)));
  }
  SUBCASE("for who cancels") {
    CHECK_FALSE(c->set_fault(make_fault("no")));
  }
  SUBCASE("for who waits") {
    CHECK(c->wait(std::nullopt) == wait_result::done);
  }
  CHECK_FALSE(c->has_value());
  CHECK(c->why().what.code == errc::timed_out);
}

TEST_CASE("an answer before the deadline stays") {
  manual_scheduler clock;
  const auto c = make_due_in(clock, 2s);
  CHECK(c->set_value(payload::of(1)));
  clock.advance(3s);
  CHECK(c->has_value());
}

TEST_CASE(
    "a listener is told of the deadline by a timer, which no other needs") {
  manual_scheduler clock;
  const auto quiet = make_due_in(clock, 1s);
  const auto c = make_due_in(clock, 2s);
  int told = 0;
  c->on_done([&told] { ++told; });
  c->on_done([&told] { ++told; });
  clock.run_until_quiet();
  CHECK(told == 2);
  CHECK(clock.now() == 2s);
  CHECK(c->why().what.code == errc::timed_out);
}

TEST_CASE("an answer takes the timer away") {
  manual_scheduler clock;
  const auto c = make_due_in(clock, 2s);
  c->on_done([] {});
  c->set_value({});
  clock.run_until_quiet();
  CHECK(clock.now() == 0s);
}

TEST_CASE("a wait is bound by the deadline" * doctest::timeout(30)) {
  thread_scheduler clock{{.workers = 1}};
  const auto c = make_ref_counted<completion>();
  c->set_deadline(clock, clock.now() + 5ms);
  CHECK(c->wait(1ms) == wait_result::timed_out);
  CHECK(c->wait(std::nullopt) == wait_result::done);
  CHECK(c->why().what.code == errc::timed_out);
  CHECK(clock.now() >= c->deadline());
}

TEST_CASE("an answer and the deadline race, and one of them counts" *
          doctest::timeout(60)) {
  thread_scheduler clock{{.workers = 1}};
  for (int round = 0; round < 300; ++round) {
    const auto c = make_ref_counted<completion>();
    c->set_deadline(clock, clock.now() + 20us);
    const auto told = std::make_shared<std::latch>(1);
    c->on_done([told] { told->count_down(); });
    const bool first = c->set_value(payload::of(round));
    told->wait();
    REQUIRE(c->has_value() == first);
  }
}

TEST_CASE("who forgets isn't told, others are") {
  const auto c = make_ref_counted<completion>();
  int mine = 0;
  int others = 0;
  c->on_done([&] { ++others; });
  c->on_done([&] { ++mine; }, &mine);
  c->on_done([&] { ++others; }, &others);
  c->forget(&mine);
  c->set_value({});
  CHECK(mine == 0);
  CHECK(others == 2);
}

TEST_CASE("a wait without an answer times out") {
  const auto c = make_ref_counted<completion>();
  CHECK(c->wait(0ns) == wait_result::timed_out);
  CHECK(c->wait(1ms) == wait_result::timed_out);
}

TEST_CASE("a huge timeout is no timeout") {
  const auto c = make_ref_counted<completion>();
  std::thread answerer{[c] { c->set_value({}); }};
  CHECK(c->wait(std::chrono::nanoseconds::max()) == wait_result::done);
  answerer.join();
}

TEST_CASE("an answer wakes every waiting thread" * doctest::timeout(30)) {
  const auto c = make_ref_counted<completion>();
  std::atomic<int> woken{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back(
        [&] { woken += c->wait(std::nullopt) == wait_result::done; });
  }
  c->set_value({});
  for (auto& t : waiters) {
    t.join();
  }
  CHECK(woken == 4);
}

TEST_CASE("a signal handler in the waiting thread ends the wait" *
          doctest::timeout(30)) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // no SA_RESTART
  struct sigaction before {};
  REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);

  const auto c = make_ref_counted<completion>();
  std::atomic<bool> interrupted{false};
  std::thread waiter{
      [&] { interrupted = c->wait(std::nullopt) == wait_result::interrupted; }};
  // The signal may come before the wait has begun, so it is sent until it hit.
  while (!interrupted) {
    pthread_kill(waiter.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  waiter.join();
  sigaction(SIGUSR1, &before, nullptr);
  CHECK(interrupted);
}

TEST_CASE("a wait that is in vain from the start does not begin" *
          doctest::timeout(30)) {
  const auto c = make_ref_counted<completion>();
  const auto in_vain = [] { return true; };
  CHECK(c->wait(std::nullopt, in_vain) == wait_result::interrupted);
  c->set_value({});
  CHECK(c->wait(std::nullopt, in_vain) == wait_result::done);
}

TEST_CASE("interrupt_waits() ends the waits in progress" *
          doctest::timeout(30)) {
  const auto c = make_ref_counted<completion>();
  std::atomic<bool> interrupted{false};
  std::thread waiter{
      [&] { interrupted = c->wait(std::nullopt) == wait_result::interrupted; }};
  while (!interrupted) {  // the first may come before the wait has begun
    c->interrupt_waits();
    std::this_thread::yield();
  }
  waiter.join();
  CHECK_FALSE(c->done());
}

TEST_CASE("of many answers at once exactly one counts" * doctest::timeout(60)) {
  for (int round = 0; round < 500; ++round) {
    const auto c = make_ref_counted<completion>();
    std::latch go{3};
    std::atomic<int> accepted{0};
    std::vector<std::thread> racers;
    for (int i = 0; i < 3; ++i) {
      racers.emplace_back([&, i] {
        go.arrive_and_wait();
        accepted += c->set_value(payload::of(i));
      });
    }
    for (auto& t : racers) {
      t.join();
    }
    REQUIRE(accepted == 1);
  }
}

}  // TEST_SUITE("completion")

}  // namespace
}  // namespace troupe
