// SPDX-License-Identifier: Apache-2.0
// The core with C++ actors: what a message, a round trip and an actor cost
// before Python comes in. Without arguments it prints a table; `core WHAT
// COUNT` does one thing COUNT times and prints one number, seconds (or bytes)
// for each.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "actors/actor_system.hpp"
#include "actors/routing/router.hpp"
#include "bench/rounds.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

using bench::seconds_of;

/// Returns each ball that has hits left to the other player.
class player final : public behaviour {
public:
  void on_message(actor_cell&, envelope& e) override {
    if (const auto met = e.content.attachments(); !met.empty()) {
      opponent_ = actor_ref{boost::static_pointer_cast<actor_cell>(met[0])};
    } else if (const auto hits = e.content.as<std::uint64_t>(); hits > 0) {
      opponent_.tell(payload::of(hits - 1));
    }
  }
  void on_stop(actor_cell&, stop_reason) noexcept override { opponent_ = {}; }

private:
  actor_ref opponent_;
};

/// Counts what it gets.
class counter final : public behaviour {
public:
  void on_message(actor_cell&, envelope&) override { ++count_; }

private:
  std::uint64_t count_ = 0;
};

/// Sends so many messages to the counter, when told how many.
class sender final : public behaviour {
public:
  explicit sender(actor_ref receiver) : receiver_{std::move(receiver)} {}
  void on_message(actor_cell&, envelope& e) override {
    for (auto left = e.content.as<std::uint64_t>(); left != 0; --left) {
      receiver_.tell(payload::of(left));
    }
  }
  void on_stop(actor_cell&, stop_reason) noexcept override { receiver_ = {}; }

private:
  actor_ref receiver_;
};

/// A system on real threads, which waits for its actors to end.
class stage {
public:
  explicit stage(std::size_t workers) : scheduler_{{.workers = workers}} {}
  ~stage() {
    system_.begin_shutdown(std::chrono::seconds{60})->wait(std::nullopt);
  }
  template <typename Behaviour, typename... Arguments>
  actor_ref spawn(Arguments&&... arguments) {
    return system_
        .spawn(
            make_ref_counted<Behaviour>(std::forward<Arguments>(arguments)...))
        .value();
  }
  actor_ref spawn_one(ref_ptr<behaviour> what) {
    return system_.spawn(std::move(what)).value();
  }
  void wait() { system_.when_quiet()->wait(std::nullopt); }

private:
  thread_scheduler scheduler_;
  actor_system system_{scheduler_};
};

payload introduction_of(const actor_ref& other) {
  payload p;
  p.attach(&other.cell());
  return p;
}

double round_trip(std::size_t workers, std::uint64_t count) {
  stage s{workers};
  const actor_ref one = s.spawn<player>();
  const actor_ref two = s.spawn<player>();
  one.tell(introduction_of(two));
  two.tell(introduction_of(one));
  return seconds_of([&] {
           one.tell(payload::of(2 * count));
           s.wait();
         }) /
         static_cast<double>(count);
}

double one_way(std::size_t workers, std::uint64_t count) {
  stage s{workers};
  const actor_ref from = s.spawn<sender>(s.spawn<counter>());
  return seconds_of([&] {
           from.tell(payload::of(count));
           s.wait();
         }) /
         static_cast<double>(count);
}

// The sender is told of the router; what comes on top of one_way() is the hop.
double routed(std::size_t workers, std::uint64_t count) {
  stage s{workers};
  const actor_ref to = s.spawn<counter>();
  const auto front = make_ref_counted<router>(make_round_robin());
  front->add(to);
  const actor_ref from = s.spawn<sender>(s.spawn_one(front));
  return seconds_of([&] {
           from.tell(payload::of(count));
           s.wait();
         }) /
         static_cast<double>(count);
}

double life(std::size_t workers, std::uint64_t count) {
  stage s{workers};
  return seconds_of([&] {
           for (std::uint64_t i = 0; i != count; ++i) {
             const actor_ref one = s.spawn<counter>();
             one.stop();
             one.cell().when_ended().wait(std::nullopt);
           }
         }) /
         static_cast<double>(count);
}

double memory(std::size_t workers, std::uint64_t count) {
  stage s{workers};
  std::vector<actor_ref> kept;
  kept.reserve(count);
  s.spawn<counter>();
  const double before = bench::resident_bytes();
  for (std::uint64_t i = 0; i != count; ++i) {
    kept.push_back(s.spawn<counter>());
  }
  s.wait();
  return (bench::resident_bytes() - before) / static_cast<double>(count);
}

struct contest {
  std::string_view name;
  const char* what;
  double (*once)(std::size_t workers, std::uint64_t count);
  std::size_t workers;
  std::uint64_t count;
  const char* unit;
  double scale;
};

constexpr contest contests[] = {
    {"memory", "memory of an actor", memory, 2, 100'000, "bytes", 1},
    {"life", "spawn, stop and join", life, 2, 20'000, "us", 1e6},
    {"round_trip", "a round trip, one worker", round_trip, 1, 1'000'000, "ns",
     1e9},
    {"round_trip_2", "a round trip, two workers", round_trip, 2, 1'000'000,
     "ns", 1e9},
    {"one_way_1", "a message, one worker", one_way, 1, 1'000'000, "ns", 1e9},
    {"one_way", "a message, two workers", one_way, 2, 1'000'000, "ns", 1e9},
    {"routed_1", "a message through a router, one worker", routed, 1, 1'000'000,
     "ns", 1e9},
    {"routed", "a message through a router, two workers", routed, 2, 1'000'000,
     "ns", 1e9},
};

void show_all() {
  bench::print_heading("C++ actors");
  for (const contest& c : contests) {
    const std::size_t count = bench::size(c.count);
    const auto once = [&] { return c.once(c.workers, count); };
    // Memory that a round gave back would count for nothing in the next.
    const int rounds = c.once == memory ? 1 : bench::rounds();
    bench::print_line(c.what, c.unit, c.scale, bench::measure(once, rounds));
  }
}

int show_one(std::string_view name, const char* count) {
  for (const contest& c : contests) {
    if (c.name == name) {
      std::printf("%.12g\n",
                  c.once(c.workers, std::strtoull(count, nullptr, 10)));
      return 0;
    }
  }
  std::fprintf(stderr, "usage: core [WHAT COUNT], where WHAT is one of");
  for (const contest& c : contests) {
    std::fprintf(stderr, " %s", c.name.data());
  }
  std::fprintf(stderr, "\n");
  return 2;
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  if (argc == 3) {
    return troupe::show_one(argv[1], argv[2]);
  }
  troupe::bench::read_options(argc, argv);
  troupe::show_all();
}
