// SPDX-License-Identifier: Apache-2.0
// Two C++ actors play a ball to and fro: the core without Python.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "actors/actor_system.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

/// Gets to know its opponent, then returns each ball that has hits left.
class player final : public behaviour {
public:
  void on_message(actor_cell&, envelope& e) override {
    if (const auto met = e.content.attachments(); !met.empty()) {
      opponent_ = actor_ref{boost::static_pointer_cast<actor_cell>(met[0])};
    } else if (const auto hits = e.content.as<std::uint64_t>(); hits > 0) {
      opponent_.tell(payload::of(hits - 1));
    }
  }
  void on_stop(actor_cell&, stop_reason) noexcept override {
    opponent_ = {};  // or the two would keep each other for ever
  }

private:
  actor_ref opponent_;
};

actor_ref spawn_player(actor_system& system, const char* name) {
  return system.spawn(make_ref_counted<player>(), {.name = name}).value();
}

payload introduction_of(const actor_ref& other) {
  payload p;
  p.attach(&other.cell());
  return p;
}

std::chrono::duration<double> play(actor_system& system, std::uint64_t rounds) {
  const actor_ref ping = spawn_player(system, "ping");
  const actor_ref pong = spawn_player(system, "pong");
  ping.tell(introduction_of(pong));
  pong.tell(introduction_of(ping));
  const auto start = std::chrono::steady_clock::now();
  ping.tell(payload::of(2 * rounds));
  system.when_quiet()->wait(std::nullopt);
  return std::chrono::steady_clock::now() - start;
}

void run(std::uint64_t rounds, std::size_t workers) {
  thread_scheduler scheduler{{.workers = workers}};
  actor_system system{scheduler};
  const double seconds = play(system, rounds).count();
  system.begin_shutdown(std::chrono::seconds{10})->wait(std::nullopt);
  const auto count = static_cast<double>(rounds);
  std::printf("%.0f round trips in %.2f s: %.0f a second, %.0f ns each\n",
              count, seconds, count / seconds, seconds / count * 1e9);
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  CLI::App app{"Two C++ actors play a ball to and fro."};
  std::uint64_t rounds = 2'000'000;
  std::size_t workers = 0;
  app.add_option("--rounds", rounds, "Round trips")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 50));
  app.add_option("--workers", workers, "Threads; 0: one a core")
      ->capture_default_str()
      ->check(CLI::Range(0, 256));
  CLI11_PARSE(app, argc, argv);
  troupe::run(rounds, workers);
}
