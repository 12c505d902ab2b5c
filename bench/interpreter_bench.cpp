// SPDX-License-Identifier: Apache-2.0
// What interpreters cost: time to create, take, enter, call, end; memory.
#include "pybridge/python.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include <unistd.h>

#include "pybridge/interpreter_pool.hpp"
#include "pybridge/py_ref.hpp"
#include "pybridge/reaper.hpp"
#include "pybridge/runtime.hpp"

namespace {

using namespace troupe;
using clock_type = std::chrono::steady_clock;

constexpr int rounds = 9;

double nanoseconds_of(const std::function<void()>& work) {
  const auto begin = clock_type::now();
  work();
  return std::chrono::duration<double, std::nano>(clock_type::now() - begin)
      .count();
}

// One line of the table: median, least and most of several rounds.
void report(const char* what, std::size_t repeats, const char* unit,
            double scale, const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    times.push_back(nanoseconds_of(work) / double(repeats) / scale);
  }
  std::sort(times.begin(), times.end());
  std::printf("%-38s %8.1f %8.1f %8.1f  %s\n", what, times[rounds / 2],
              times.front(), times.back(), unit);
}

double resident_mb() {
  long pages = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) {
    return 0;
  }
  std::fclose(file);
  return double(resident) * double(sysconf(_SC_PAGESIZE)) / 1e6;
}

void time_entering(interpreter& home) {
  constexpr std::size_t repeats = 200'000;
  report("attach + detach", repeats, "ns", 1, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      const interpreter::attach scope{home};
    }
  });
  py_ref function;
  {
    const interpreter::attach scope{home};
    function =
        py_ref::steal(PyRun_String("lambda: None", Py_eval_input,
                                   PyEval_GetBuiltins(), PyEval_GetBuiltins()));
  }
  report("attach + call + detach", repeats, "ns", 1, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      const interpreter::attach scope{home};
      py_ref::steal(PyObject_CallNoArgs(function.get()));
    }
  });
  const interpreter::attach scope{home};
  function.reset();
}

void time_visiting(interpreter& home, const char* what) {
  report(what, 1000, "us", 1e3, [&] {
    for (int i = 0; i < 1000; ++i) {
      const interpreter::visit scope{home};
    }
  });
}

void time_switching(interpreter& one, interpreter& two) {
  constexpr std::size_t repeats = 100'000;
  report("attach + detach, two in turn", 2 * repeats, "ns", 1, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      { const interpreter::attach scope{one}; }
      const interpreter::attach scope{two};
    }
  });
}

void time_life(runtime& python) {
  constexpr std::size_t count = 10;
  std::vector<ref_ptr<interpreter>> homes;
  double before = resident_mb();
  const double base = before;
  report("create", count, "ms", 1e6, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      homes.push_back(python.create().value());
    }
  });
  std::printf("%-38s %8.2f                    MB\n", "memory of one",
              (resident_mb() - base) / double(homes.size()));
  report("end", count, "ms", 1e6, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      homes.back()->end();
      homes.pop_back();
    }
  });
}

void time_pool(runtime& python) {
  reaper ends;
  interpreter_pool pool{[&] { return python.create(); }, ends, 2 * rounds};
  while (pool.stats().warm < 2 * rounds) {
    usleep(1000);
  }
  std::vector<ref_ptr<interpreter>> taken;
  report("take a warm one", 1, "us", 1e3,
         [&] { taken.push_back(pool.take().value()); });
  for (auto& home : taken) {
    ends.end(std::move(home));
  }
  const double all = nanoseconds_of([&] {
    pool.shutdown();
    ends.shutdown();
  });
  std::printf("%-38s %8.1f                    ms\n",
              "shut down a pool and its interpreters", all / 1e6);
}

}  // namespace

int main() {
  auto made = runtime::embed({});
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().detail.c_str());
    return 1;
  }
  runtime& python = **made;
  std::printf("CPython %s, %d rounds\n", Py_GetVersion(), rounds);
  std::printf("%-38s %8s %8s %8s\n", "", "median", "least", "most");
  const auto one = python.create().value();
  const auto two = python.create().value();
  std::thread{[&] {  // as a worker would
    time_entering(*one);
    time_switching(*one, *two);
    time_visiting(*one, "visit (a fresh thread state)");
  }}
      .join();
  time_visiting(*one, "visit by the process's first thread");
  one->end();
  two->end();
  time_life(python);
  time_pool(python);
}
