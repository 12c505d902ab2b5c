// SPDX-License-Identifier: Apache-2.0
// Embeds Python as the launcher does and runs code: embed_probe WHERE CODE
// [ARGS...], where WHERE is "main" or "actor". For embedding_test.py.
#include "pybridge/python.hpp"

#include <cstdio>
#include <cstring>

#include "pybridge/interpreters/runtime.hpp"

namespace {

int run(troupe::interpreter& home, const char* code) {
  const troupe::interpreter::attach scope{home};
  return PyRun_SimpleString(code) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: embed_probe main|actor CODE [ARGS...]\n");
    return 2;
  }
  troupe::embed_options options;
  options.argv.assign(argv + 2, argv + argc);
  options.argv[0] = "probe";
  auto python = troupe::runtime::embed(std::move(options)).value();
  if (std::strcmp(argv[1], "main") == 0) {
    return run(python->main(), argv[2]);
  }
  const auto home = python->create().value();
  const int status = run(*home, argv[2]);
  home->end();
  return status;
}
