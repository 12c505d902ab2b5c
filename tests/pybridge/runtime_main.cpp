// SPDX-License-Identifier: Apache-2.0
// The main() of the tests that need the runtime: it embeds Python once.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/pybridge/runtime_fixture.hpp"

int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  unsetenv("PYTHONUNBUFFERED");  // the tests look at what is written when
  troupe::embed_options options;
  options.argv = {"test.py", "--flag", "värde"};
  auto made = troupe::runtime::embed(std::move(options));
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().detail.c_str());
    return 1;
  }
  troupe::set_test_runtime(std::move(*made));
  const int failed = context.run();
  troupe::set_test_runtime(nullptr);
  return failed;
}
