// SPDX-License-Identifier: Apache-2.0
// Generated meshes of actors that forward, ask, fail and stop: whatever the
// interleaving, sent = handled + dead letters.
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/manual_scheduler.hpp"
#include "scheduler/thread_scheduler.hpp"
#include "tests/actors/test_actors.hpp"

namespace troupe {
namespace {

using testing::make_scripted;
using testing::number_in;

// A mesh of actors that pass a number on to random others, one less each time;
// some of them end on the way, in each of the ways there are.
class mesh {
public:
  mesh(scheduler& s, std::uint64_t seed, std::size_t size, std::size_t capacity)
      : system_{s}, seed_{seed} {
    actors_.reserve(size);  // handlers read it while later ones are spawned
    for (std::size_t i = 0; i < size; ++i) {
      actors_.push_back(
          system_
              .spawn(make_scripted([this, random = std::mt19937_64{seed + i}](
                                       actor_cell& self, envelope& e) mutable {
                       step(self, e, random);
                     }),
                     {.name = {}, .mailbox_capacity = capacity})
              .value());
    }
  }

  void send(std::size_t to, int hops) {
    sent_.fetch_add(1, std::memory_order_relaxed);
    actors_[to % actors_.size()].tell(payload::of(hops));
  }

  void check_conservation() {
    std::uint64_t handled = 0;
    for (const actor_ref& a : actors_) {
      handled += a.cell().handled();
    }
    CAPTURE(seed_);
    CHECK(handled > 0);
    CHECK(handled + system_.dead().total() == sent_.load());
  }

  actor_system& system() { return system_; }

private:
  void step(actor_cell& self, envelope& e, std::mt19937_64& random) {
    const turn_scope in_turn;
    const int hops = number_in(e);
    if (hops > 0) {
      send(random(), hops - 1);
      if (random() % 8 == 0) {
        send(random(), hops / 2);
      }
    }
    const auto fate = random() % 2000;
    if (fate == 0) {
      self.stop_self();
    } else if (fate == 1) {
      self.fail(e, {make_error(errc::failed, "by chance"), {}});
    } else if (fate == 2) {
      actors_[random() % actors_.size()].kill();
    } else if (fate == 3) {
      actors_[random() % actors_.size()].stop();
    }
  }

  actor_system system_;
  const std::uint64_t seed_;
  std::vector<actor_ref> actors_;
  std::atomic<std::uint64_t> sent_{0};
};

TEST_SUITE("conservation") {

TEST_CASE("sent = handled + dead letters, over many interleavings") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    manual_scheduler scheduler{seed};
    mesh m{scheduler, seed, 12, seed % 2 == 0 ? mailbox::unbounded : 8};
    for (std::size_t i = 0; i < 24; ++i) {
      m.send(i, 60);
    }
    scheduler.run();
    m.check_conservation();
    m.system().begin_shutdown(std::chrono::seconds{1});
    scheduler.run();
  }
}

TEST_CASE("sent = handled + dead letters, with real threads" *
          doctest::timeout(120)) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    thread_scheduler scheduler{{.workers = 4}};
    mesh m{scheduler, seed, 16, seed % 2 == 0 ? mailbox::unbounded : 8};
    std::vector<std::thread> senders;
    for (std::size_t t = 0; t < 3; ++t) {
      senders.emplace_back([&m, t] {
        for (std::size_t i = 0; i < 50; ++i) {
          m.send(t * 7 + i, 40);
        }
      });
    }
    for (auto& t : senders) {
      t.join();
    }
    REQUIRE(m.system().when_quiet()->wait(std::nullopt) == wait_result::done);
    m.check_conservation();
    CHECK(m.system()
              .begin_shutdown(std::chrono::seconds{10})
              ->wait(std::nullopt) == wait_result::done);
  }
}

}  // TEST_SUITE("conservation")

}  // namespace
}  // namespace troupe
