// SPDX-License-Identifier: Apache-2.0
// Interpreters that come and go give their memory back.
#include "pybridge/python.hpp"

#include <cstdio>
#include <thread>

#include <malloc.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "pybridge/interpreters/interpreter_pool.hpp"
#include "pybridge/interpreters/reaper.hpp"
#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

long resident_kib() {
  malloc_trim(0);  // what the allocator only keeps for later isn't lost
  long pages = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  REQUIRE(file != nullptr);
  REQUIRE(std::fscanf(file, "%ld %ld", &pages, &resident) == 2);
  std::fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// As an actor would: from the pool, used by two workers, to the reaper.
void live_and_die(interpreter_pool& pool, reaper& ends) {
  auto home = pool.take();
  REQUIRE(home.has_value());
  {
    const interpreter::attach scope{**home};
    CHECK(
        run("class Node:\n"
            "    def __init__(self): self.me = self\n"
            "nodes = [Node() for _ in range(1000)]\n"));
  }
  std::thread{[&] {
    const interpreter::attach scope{**home};
    CHECK(eval("len(nodes)") == "1000");
  }}.join();
  ends.end(std::move(*home));
}

void many(int count) {
  reaper ends;
  interpreter_pool pool{[] { return test_runtime().create(); }, ends};
  for (int i = 0; i < count; ++i) {
    live_and_die(pool, ends);
  }
  pool.shutdown();
  ends.shutdown();
  CHECK(ends.stats().leaked == 0);
}

TEST_SUITE("memory") {

TEST_CASE("1,000 interpreters come and go, and memory stays" *
          doctest::skip(PY_VERSION_HEX < 0x030E0000) *  // 3.13 leaks
          doctest::timeout(240)) {
  many(200);  // warm-up: arenas, caches
  const long before = resident_kib();
  many(1000);
  const long growth = resident_kib() - before;
  MESSAGE("grown by " << growth << " KiB, of " << before);
  CHECK(growth < 3 * 1024);  // one interpreter is 1,800 KiB
}

}  // TEST_SUITE("memory")
}  // namespace
}  // namespace troupe
