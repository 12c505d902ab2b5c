// SPDX-License-Identifier: Apache-2.0
// Messages through routers whose routees come and go: sent = handled by the
// routees + dead letters, whatever the policy and the interleaving.
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "actors/routing/router.hpp"
#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;
using testing::number_in;

constexpr const char* policies[] = {"round_robin", "random", "least_loaded",
                                    "consistent_hash", "sticky"};

std::optional<std::uint64_t> key_of(const envelope& e) {
  return static_cast<std::uint64_t>(number_in(e)) % 17;
}

class crossing {
public:
  crossing(scheduler& s, std::uint64_t seed)
      : system_{s},
        seed_{seed},
        router_{make_ref_counted<router>(
            make_policy(policies[seed % 5], key_of, seed).value())},
        ref_{system_.spawn(router_).value()} {
    for (int i = 0; i != 6; ++i) {
      add();
    }
  }

  void add() {
    router_->add(
        system_
            .spawn(make_scripted([this](actor_cell& self, envelope& e) {
                     handled_.fetch_add(1, std::memory_order_relaxed);
                     if (e.reply_to != nullptr) {
                       self.answer(e, payload::of(1));
                     }
                   }),
                   {.name = {}, .mailbox_capacity = 64})
            .value());
  }

  // Sends, asks, ends routees, adds others.
  void use(std::mt19937_64& random) {
    for (int i = 0; i != 300; ++i) {
      sent_.fetch_add(1, std::memory_order_relaxed);
      if (random() % 2 == 0) {
        ref_.tell(payload::of(i));
      } else {
        auto answer = ref_.ask(payload::of(i));
        answer->on_done(
            [this] { answered_.fetch_add(1, std::memory_order_relaxed); });
        asked_.fetch_add(1, std::memory_order_relaxed);
      }
      if (random() % 40 == 0) {
        end_one(random);
      }
      if (random() % 45 == 0) {
        add();
      }
    }
  }

  void check() {
    CAPTURE(seed_);
    CHECK(handled_.load() > 0);
    CHECK(handled_.load() + system_.dead().total() == sent_.load());
    CHECK(answered_.load() == asked_.load());
  }

  actor_system& system() { return system_; }

private:
  void end_one(std::mt19937_64& random) {
    const auto routees = router_->routees();
    if (routees.empty()) {
      return;
    }
    const actor_ref& one = routees[random() % routees.size()];
    switch (random() % 3) {
      case 0:
        one.stop();
        break;
      case 1:
        one.stop_when_drained();
        break;
      default:
        one.kill();
    }
  }

  actor_system system_;
  const std::uint64_t seed_;
  const ref_ptr<router> router_;
  const actor_ref ref_;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> answered_{0};
};

TEST_SUITE("routing conservation") {

TEST_CASE(
    "through a router sent = handled + dead letters, over many "
    "interleavings") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    manual_scheduler scheduler{seed};
    crossing c{scheduler, seed};
    std::mt19937_64 random{seed};
    for (int i = 0; i != 4; ++i) {
      c.use(random);
      for (std::size_t n = random() % 30; n != 0 && scheduler.step(); --n) {
      }
    }
    scheduler.run();
    c.check();
    c.system().begin_shutdown(std::chrono::seconds{1});
    scheduler.run();
  }
}

TEST_CASE("through a router sent = handled + dead letters, with real threads" *
          doctest::timeout(120)) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    thread_scheduler scheduler{{.workers = 3}};
    crossing c{scheduler, seed};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t != 3; ++t) {
      threads.emplace_back([&c, seed, t] {
        std::mt19937_64 random{seed * 8 + t};
        c.use(random);
      });
    }
    for (auto& t : threads) {
      t.join();
    }
    REQUIRE(c.system().when_quiet()->wait(std::nullopt) == wait_result::done);
    c.check();
    CHECK(c.system()
              .begin_shutdown(std::chrono::seconds{10})
              ->wait(std::nullopt) == wait_result::done);
  }
}

}  // TEST_SUITE("routing conservation")

}  // namespace
}  // namespace troupe
