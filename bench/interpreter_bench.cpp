// SPDX-License-Identifier: Apache-2.0
// What interpreters cost: time to create, take, enter, call, end; memory.
#include "pybridge/python.hpp"

#include <cstdio>
#include <thread>
#include <vector>

#include <unistd.h>

#include "bench/rounds.hpp"
#include "pybridge/interpreters/interpreter_pool.hpp"
#include "pybridge/interpreters/reaper.hpp"
#include "pybridge/interpreters/runtime.hpp"
#include "pybridge/py_ref.hpp"

namespace {

using namespace troupe;

// One line of the table: so many times in each of several rounds.
template <typename Work>
void report(const char* what, std::size_t repeats, const char* unit,
            double scale, const Work& work) {
  const auto each = bench::measure(
      [&] { return bench::seconds_of(work) / static_cast<double>(repeats); });
  bench::print_line(what, unit, scale, each);
}

void report_once(const char* what, const char* unit, double value) {
  std::printf("%-38s %9.2f %20s %s\n", what, value, "", unit);
}

void time_entering(interpreter& home) {
  const std::size_t repeats = bench::size(200'000);
  report("attach + detach", repeats, "ns", 1e9, [&] {
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
  report("attach + call + detach", repeats, "ns", 1e9, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      const interpreter::attach scope{home};
      py_ref::steal(PyObject_CallNoArgs(function.get()));
    }
  });
  const interpreter::attach scope{home};
  function.reset();
}

void time_visiting(interpreter& home, const char* what) {
  const std::size_t repeats = bench::size(1000);
  report(what, repeats, "us", 1e6, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      const interpreter::visit scope{home};
    }
  });
}

void time_switching(interpreter& one, interpreter& two) {
  const std::size_t repeats = bench::size(100'000);
  report("attach + detach, two in turn", 2 * repeats, "ns", 1e9, [&] {
    for (std::size_t i = 0; i < repeats; ++i) {
      { const interpreter::attach scope{one}; }
      const interpreter::attach scope{two};
    }
  });
}

void time_life(runtime& python) {
  const std::size_t count = bench::is_quick ? 1 : 10;
  std::vector<ref_ptr<interpreter>> homes;
  const double before = bench::resident_bytes();
  report("create", count, "ms", 1e3, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      homes.push_back(python.create().value());
    }
  });
  report_once("memory of one", "MB",
              (bench::resident_bytes() - before) / double(homes.size()) / 1e6);
  report("end", count, "ms", 1e3, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      homes.back()->end();
      homes.pop_back();
    }
  });
}

void time_pool(runtime& python) {
  reaper ends;
  const auto warm = static_cast<std::size_t>(2 * bench::rounds());
  interpreter_pool pool{[&] { return python.create(); }, ends, warm};
  while (pool.stats().warm < warm) {
    usleep(1000);
  }
  std::vector<ref_ptr<interpreter>> taken;
  report("take a warm one", 1, "us", 1e6,
         [&] { taken.push_back(pool.take().value()); });
  for (auto& home : taken) {
    ends.end(std::move(home));
  }
  const double all = bench::seconds_of([&] {
    pool.shutdown();
    ends.shutdown();
  });
  report_once("shut down a pool and its interpreters", "ms", all * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  bench::read_options(argc, argv);
  auto made = runtime::embed({});
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().detail.c_str());
    return 1;
  }
  runtime& python = **made;
  std::printf("CPython %s, %d rounds\n", Py_GetVersion(), bench::rounds());
  bench::print_heading("");
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
