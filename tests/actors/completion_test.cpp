// SPDX-License-Identifier: Apache-2.0
#include "actors/completion.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>

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
