// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace {

struct outcome {
  int signal;  // 0: none
  std::string said;
};

/// Runs `function` in a child process.
template <typename Function>
outcome run_apart(const Function& function) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);  // not doctest's handler
    function();
    _exit(0);
  }
  close(ends[1]);
  outcome result{};
  std::array<char, 512> buffer{};
  while (const ssize_t n = read(ends[0], buffer.data(), buffer.size())) {
    result.said.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return result;
}

TEST_SUITE("assert") {

TEST_CASE("a check that holds does nothing") {
  CHECK(run_apart([] { TROUPE_CHECK(1 + 1 == 2); }).signal == 0);
}

TEST_CASE("a check that fails names itself and its place, and aborts") {
  const outcome result = run_apart([] { TROUPE_CHECK(1 + 1 == 3); });
  CHECK(result.signal == SIGABRT);
  CHECK(result.said.find("1 + 1 == 3") != std::string::npos);
  CHECK(result.said.find("assert_test.cpp:") != std::string::npos);
}

TEST_CASE("an assertion is evaluated in builds without NDEBUG only") {
  int evaluated = 0;
  TROUPE_ASSERT(++evaluated != 0);
#ifdef NDEBUG
  CHECK(evaluated == 0);
#else
  CHECK(evaluated == 1);
#endif
}

}  // TEST_SUITE("assert")

}  // namespace
