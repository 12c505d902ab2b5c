// SPDX-License-Identifier: Apache-2.0
// When a system counts as quiet, with the races that real threads have played
// by hooks.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/actors/acting.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::act;

// As its manual scheduler; but before its word that all is quiet reaches the
// caller, something else may happen once, as on another thread.
class slow_to_tell final : public scheduler {
public:
  void schedule(runnable& r) noexcept override { inner.schedule(r); }
  void schedule_dedicated(runnable& r, std::size_t lane) noexcept override {
    inner.schedule_dedicated(r, lane);
  }
  std::size_t acquire_lane() override { return inner.acquire_lane(); }
  void release_lane(std::size_t lane) noexcept override {
    inner.release_lane(lane);
  }
  std::size_t shared_lane() override { return inner.shared_lane(); }
  timer_id after(clock_duration delay, std::function<void()> fire) override {
    return inner.after(delay, std::move(fire));
  }
  bool cancel(timer_id id) noexcept override { return inner.cancel(id); }
  std::unique_ptr<descriptor_watch> watch(
      int descriptor, std::function<void()> ready) override {
    return inner.watch(descriptor, std::move(ready));
  }
  clock_duration now() const noexcept override { return inner.now(); }
  bool enter_blocking() noexcept override { return inner.enter_blocking(); }
  void leave_blocking() noexcept override { inner.leave_blocking(); }
  bool quiet() const noexcept override {
    const bool is_quiet = inner.quiet();
    if (const auto f = std::exchange(meanwhile, nullptr)) {
      f();
    }
    return is_quiet;
  }
  void set_on_quiet(std::function<void()> on_quiet) override {
    tell = on_quiet;
    inner.set_on_quiet(std::move(on_quiet));
  }
  scheduler_stats stats() const override { return inner.stats(); }

  manual_scheduler inner{1};
  std::function<void()> tell{};  // as a worker that goes to sleep
  mutable std::function<void()> meanwhile{};
};

TEST_SUITE("when_quiet") {

TEST_CASE(
    "the quiet before somebody sent is no answer to when it is quiet "
    "after") {
  slow_to_tell s;
  {
    actor_system system{s};
    const actor_ref a = system.spawn(act({})).value();
    ref_ptr<completion> asked;
    // A worker finds all quiet. Before it says so, another thread sends, and
    // then asks.
    const auto send_and_ask = [&] {
      a.tell(payload::of(1));
      asked = system.when_quiet();
    };
    SUBCASE("when nobody has asked before") {
      s.inner.run();
      s.meanwhile = send_and_ask;
      s.tell();
      if (const auto f = std::exchange(s.meanwhile, nullptr)) {
        f();  // it didn't even look
      }
    }
    SUBCASE("when somebody else has") {
      const auto other = system.when_quiet();
      CHECK_FALSE(other->done());
      s.inner.set_on_quiet({});
      s.inner.run();
      s.meanwhile = send_and_ask;
      s.inner.set_on_quiet(s.tell);
      s.tell();
    }
    REQUIRE(asked != nullptr);
    CHECK_FALSE(asked->done());
    s.inner.run();
    CHECK(asked->done());
    system.begin_shutdown(std::chrono::seconds{1});
    s.inner.run_until_quiet();
  }
}

TEST_CASE("what ends and begins between two looks was under way") {
  slow_to_tell s;
  {
    actor_system system{s};
    system.begin_work();
    // It ends, and something is queued in its stead, just after the scheduler
    // has looked at its queues.
    const actor_ref a = system.spawn(act({})).value();
    s.inner.run();
    s.meanwhile = [&] {
      a.tell(payload::of(1));
      system.end_work();
    };
    const auto quiet = system.when_quiet();
    CHECK_FALSE(quiet->done());
    s.inner.run();
    CHECK(quiet->done());
    system.begin_shutdown(std::chrono::seconds{1});
    s.inner.run_until_quiet();
  }
}

}  // TEST_SUITE("when_quiet")

}  // namespace
}  // namespace troupe
