// SPDX-License-Identifier: Apache-2.0
// What the scheduler itself costs: `./bazelw run //bench:scheduler`.
// scheduler/README.md has the figures.
#include <chrono>
#include <cstdio>
#include <functional>
#include <latch>
#include <semaphore>
#include <utility>
#include <vector>

#include "bench/rounds.hpp"
#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

using nanoseconds = std::chrono::duration<double, std::nano>;

/// Calls a function each turn, and parks.
class task final : public runnable {
public:
  explicit task(std::function<void()> turn) : turn_{std::move(turn)} {}
  turn_result resume() noexcept override {
    turn_();
    return turn_result::parked;
  }

private:
  const std::function<void()> turn_;
};

ref_ptr<task> make_task(std::function<void()> turn) {
  return make_ref_counted<task>(std::move(turn));
}

template <typename Function>
nanoseconds time_of(const Function& function) {
  const auto began = std::chrono::steady_clock::now();
  function();
  return std::chrono::steady_clock::now() - began;
}

/// Two that keep waking each other, by way of `wake`.
template <typename Wake>
nanoseconds time_a_turn(long turns, const Wake& wake) {
  thread_scheduler scheduler{{.workers = 1}};
  std::latch done{1};
  long left = turns;
  ref_ptr<task> ping;
  ref_ptr<task> pong;
  ping = make_task([&] { wake(scheduler, *pong, 1); });
  pong = make_task([&] {
    left -= 2;
    left > 0 ? wake(scheduler, *ping, 0) : done.count_down();
  });
  return time_of([&] {
           wake(scheduler, *ping, 0);
           done.wait();
         }) /
         turns;
}

nanoseconds on_one_worker() {
  return time_a_turn(
      2'000'000, [](scheduler& s, runnable& r, std::size_t) { s.schedule(r); });
}

nanoseconds between_threads() {
  return time_a_turn(20'000, [](scheduler& s, runnable& r, std::size_t lane) {
    s.schedule_dedicated(r, lane);
  });
}

/// One wakes eight, the last of which wakes the one.
nanoseconds through_the_queue() {
  constexpr int width = 8;
  constexpr int rounds = 100'000;
  thread_scheduler scheduler{{.workers = 1}};
  std::latch done{1};
  int round = 0;
  int open = 0;
  ref_ptr<task> one;
  std::vector<ref_ptr<task>> others;
  for (int i = 0; i < width; ++i) {
    others.push_back(make_task([&] {
      if (--open == 0) {
        scheduler.schedule(*one);
      }
    }));
  }
  one = make_task([&] {
    if (round++ == rounds) {
      done.count_down();
      return;
    }
    open = width;
    for (const auto& other : others) {
      scheduler.schedule(*other);
    }
  });
  return time_of([&] {
           scheduler.schedule(*one);
           done.wait();
         }) /
         (rounds * (width + 1));
}

nanoseconds from_outside() {
  constexpr int rounds = 20'000;
  thread_scheduler scheduler{{.workers = 2}};
  std::binary_semaphore answered{0};
  const auto one = make_task([&] { answered.release(); });
  return time_of([&] {
           for (int i = 0; i < rounds; ++i) {
             scheduler.schedule(*one);
             answered.acquire();
           }
         }) /
         rounds;
}

nanoseconds timer_set_and_cancelled() {
  constexpr int rounds = 200'000;
  thread_scheduler scheduler{{.workers = 1}};
  return time_of([&] {
           for (int i = 0; i < rounds; ++i) {
             scheduler.cancel(scheduler.after(std::chrono::seconds{5}, [] {}));
           }
         }) /
         rounds;
}

void report(const char* what, nanoseconds (*turn)()) {
  const bench::spread ns = bench::measure([turn] { return turn().count(); });
  std::printf("%-48s %8.0f %8.0f %8.0f\n", what, ns.median, ns.least, ns.most);
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  using namespace troupe;
  bench::read_options(argc, argv);
  std::printf("%-48s %8s %8s %8s\n", "ns", "median", "least", "most");
  report("a turn, two that wake each other, one worker", on_one_worker);
  report("a turn, one that wakes eight, one worker", through_the_queue);
  report("a turn on another thread, which sleeps", between_threads);
  report("a turn for an outside thread, which waits for it", from_outside);
  report("a timer, set and cancelled", timer_set_and_cancelled);
}
