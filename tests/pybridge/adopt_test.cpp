// SPDX-License-Identifier: Apache-2.0
// The runtime in an ordinary Python, which it neither starts nor ends.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <thread>

#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {
TEST_SUITE("adopt") {

// Each case is called as a function of an extension module would be: attached.

TEST_CASE("actors' interpreters are made in a Python that isn't ours") {
  {
    const detached gap;
    const auto home = new_interpreter();
    {
      const interpreter::attach scope{*home};
      CHECK(eval("1 + 1") == "2");
      CHECK(eval("'exit' in dir(__builtins__)") == "True");
    }
    CHECK(home->end() == end_result::ended);
  }
  CHECK(eval("1 + 1") == "2");
}

TEST_CASE("a Python thread is itself again after a visit elsewhere") {
  PyThreadState* const own = PyThreadState_Get();
  const auto home = [] {
    const detached gap;
    auto made = new_interpreter();
    const interpreter::attach scope{*made};
    return made;
  }();
  CHECK(PyThreadState_Get() == own);
  CHECK(PyGILState_GetThisThreadState() == own);
  CHECK(PyGILState_Check() == 1);
  const detached gap;
  CHECK(home->end() == end_result::ended);
}

TEST_CASE("another thread attaches to the main interpreter") {
  CHECK(run("x = 'of main'"));
  const detached gap;
  std::thread{[] {
    const interpreter::attach scope{test_runtime().main()};
    CHECK(eval("x") == "of main");
  }}.join();
}

TEST_CASE("the main interpreter's output and logging are left alone") {
  CHECK(eval("type(__import__('sys').stdout).__name__") == "TextIOWrapper");
  CHECK(eval("len(__import__('sys').meta_path)") == "3");
}

}  // TEST_SUITE("adopt")
}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  Py_Initialize();
  auto made = troupe::runtime::adopt();
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().detail.c_str());
    return 1;
  }
  troupe::set_test_runtime(std::move(*made));
  const int failed = context.run();
  {
    const troupe::detached gap;
    troupe::set_test_runtime(nullptr);
  }
  return Py_FinalizeEx() == 0 ? failed : 1;
}
