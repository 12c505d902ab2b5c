// SPDX-License-Identifier: Apache-2.0
// What the C++ benchmarks share: rounds, their median and spread, a table.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace troupe::bench {

/// --quick: one small round, so that a test can see that all still works.
inline bool is_quick = false;

inline void read_options(int argc, char** argv) {
  is_quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
  if (argc > 1 && !is_quick) {
    std::fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
    std::exit(2);
  }
}

inline int rounds() {
  return is_quick ? 1 : 9;
}

/// `count`, or a small part of it when quick.
inline std::size_t size(std::size_t count) {
  return is_quick ? std::max<std::size_t>(1, count / 1000) : count;
}

/// Of several rounds.
struct spread {
  double median;
  double least;
  double most;
};

template <typename Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

/// `once`: does its work and answers one number.
template <typename Once>
spread measure(const Once& once, int times = rounds()) {
  std::vector<double> numbers;
  for (int i = 0; i < times; ++i) {
    numbers.push_back(once());
  }
  std::sort(numbers.begin(), numbers.end());
  return {numbers[numbers.size() / 2], numbers.front(), numbers.back()};
}

inline double resident_bytes() {
  long pages = 0;
  long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) {
    return 0;
  }
  const int read = std::fscanf(file, "%ld %ld", &pages, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident * sysconf(_SC_PAGESIZE)) : 0;
}

inline void print_heading(const char* title) {
  std::printf("%-38s %9s %9s %9s\n", title, "median", "least", "most");
}

inline void print_line(const char* what, const char* unit, double scale,
                       const spread& s) {
  std::printf("%-38s %9.1f %9.1f %9.1f  %s\n", what, s.median * scale,
              s.least * scale, s.most * scale, unit);
  std::fflush(stdout);
}

}  // namespace troupe::bench
