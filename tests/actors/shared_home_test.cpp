// SPDX-License-Identifier: Apache-2.0
#include "actors/shared_home.hpp"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;

// An isolate that notices when two turns overlap in it.
class counting_isolate final : public isolate {
public:
  void enter() noexcept override {
    overlapped = overlapped || inside.exchange(true);
    ++turns;
  }
  void leave() noexcept override { inside = false; }

  std::atomic<bool> inside{false};
  std::atomic<bool> overlapped{false};
  std::atomic<int> turns{0};
};

TEST_SUITE("shared_home") {

TEST_CASE("actors of one home all run, within few turns of the isolate") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  const auto where = make_ref_counted<counting_isolate>();
  const auto home = make_ref_counted<shared_home>(scheduler, where);
  std::vector<int> seen(50, 0);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    spawn_options options;
    options.home = home;
    const actor_ref a =
        system
            .spawn(make_scripted([&seen, i](actor_cell&, envelope&) {
                     CHECK(actor_cell::current() != nullptr);
                     ++seen[i];
                   }),
                   std::move(options))
            .value();
    a.tell(payload::of(1));
    a.tell(payload::of(2));
  }
  scheduler.run();
  CHECK(seen == std::vector<int>(50, 2));
  CHECK(where->turns <= 2);
  CHECK_FALSE(where->inside);
}

TEST_CASE("an actor of a busy home takes more than one quantum") {
  manual_scheduler scheduler{1};
  actor_system system{scheduler};
  const auto home = make_ref_counted<shared_home>(
      scheduler, make_ref_counted<counting_isolate>());
  int seen = 0;
  spawn_options options;
  options.home = home;
  const actor_ref a =
      system
          .spawn(make_scripted([&](actor_cell&, envelope&) { ++seen; }),
                 std::move(options))
          .value();
  for (int i = 0; i < 1000; ++i) {
    a.tell(payload::of(i));
  }
  scheduler.run();
  CHECK(seen == 1000);
}

TEST_CASE("turns of one home never overlap on real threads" *
          doctest::timeout(60)) {
  const auto where = make_ref_counted<counting_isolate>();
  std::atomic<int> handled{0};
  {
    thread_scheduler scheduler{{.workers = 4}};
    actor_system system{scheduler};
    const auto home = make_ref_counted<shared_home>(scheduler, where);
    std::vector<actor_ref> all;
    for (int i = 0; i < 20; ++i) {
      spawn_options options;
      options.home = home;
      all.push_back(
          system
              .spawn(make_scripted([&](actor_cell&, envelope&) { ++handled; }),
                     std::move(options))
              .value());
    }
    std::vector<std::thread> senders;
    for (int t = 0; t < 3; ++t) {
      senders.emplace_back([&all] {
        for (int i = 0; i < 5000; ++i) {
          all[static_cast<std::size_t>(i) % all.size()].tell(payload::of(i));
        }
      });
    }
    for (auto& t : senders) {
      t.join();
    }
    CHECK(system.when_quiet()->wait(std::nullopt) == wait_result::done);
    CHECK(system.begin_shutdown(std::chrono::seconds{10})->wait(std::nullopt) ==
          wait_result::done);
  }
  CHECK(handled == 15'000);
  CHECK_FALSE(where->overlapped);
}

}  // TEST_SUITE("shared_home")

}  // namespace
}  // namespace troupe
