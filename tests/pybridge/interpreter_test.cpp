// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/interpreter.hpp"

#include <algorithm>
#include <chrono>
#include <latch>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

std::size_t thread_states(interpreter& home) {
  const interpreter::attach scope{home};
  std::size_t count = 0;
  PyInterpreterState* const state = PyInterpreterState_Get();
  for (auto* s = PyInterpreterState_ThreadHead(state); s != nullptr;
       s = PyThreadState_Next(s)) {
    ++count;
  }
  return count;
}

TEST_SUITE("interpreter") {

TEST_CASE("each interpreter has globals of its own") {
  const auto one = new_interpreter();
  const auto two = new_interpreter();
  {
    const interpreter::attach scope{*one};
    CHECK(run("x = 1"));
  }
  {
    const interpreter::attach scope{*two};
    CHECK(eval("x") == "NameError: name 'x' is not defined");
    CHECK(run("x = 2"));
  }
  const interpreter::attach scope{*one};
  CHECK(eval("x") == "1");
  CHECK(one->is_current());
  CHECK_FALSE(two->is_current());
}

TEST_CASE("two interpreters run at the same time" * doctest::timeout(30)) {
  const auto one = new_interpreter();
  const auto two = new_interpreter();
  std::latch both{2};
  const auto meet = [&](interpreter& home) {
    const interpreter::attach scope{home};
    both.arrive_and_wait();  // while attached: only possible with two GILs
  };
  std::thread other{[&] { meet(*one); }};
  meet(*two);
  other.join();
}

TEST_CASE("a thread keeps its thread state, so threading.local works") {
  const auto home = new_interpreter();
  {
    const interpreter::attach scope{*home};
    CHECK(run("import threading; local = threading.local(); local.x = 1"));
  }
  {
    const interpreter::attach scope{*home};
    CHECK(eval("local.x") == "1");
  }
  std::thread{[&] {
    const interpreter::attach scope{*home};
    CHECK(eval("hasattr(local, 'x')") == "False");
  }}.join();
  CHECK(thread_states(*home) == 2);
}

TEST_CASE("threads that come and go leave no thread states behind") {
  const auto home = new_interpreter();
  for (int i = 0; i < 100; ++i) {
    std::thread{[&] {
      const interpreter::attach scope{*home};
      CHECK(eval("1 + 1") == "2");
    }}.join();
  }
  CHECK(thread_states(*home) <= 2);
}

TEST_CASE("a new thread in an old one's slot recurses within its own stack") {
  const auto home = new_interpreter();
  for (int i = 0; i < 2; ++i) {
    std::thread{[&] {
      const interpreter::attach scope{*home};
      CHECK(run("def deep(n): return [] if n == 0 else [deep(n - 1)]"));
      CHECK(run("x = deep(500); import gc; del x; gc.collect()"));
      CHECK(
          run("def nest(n):\n"
              "    x = []\n"
              "    for _ in range(n): x = [x]\n"
              "    return x\n"
              "try: nest(200_000) == nest(200_000)\n"
              "except RecursionError: pass\n"
              "else: raise AssertionError\n"));
    }}.join();
  }
}

TEST_CASE("a detached thread is bound to no interpreter") {
  const auto home = new_interpreter();
  std::thread{[&] {
    { const interpreter::attach scope{*home}; }
    CHECK(PyGILState_GetThisThreadState() == nullptr);
    {
      const interpreter::attach scope{*home};
      CHECK(PyGILState_GetThisThreadState() == PyThreadState_Get());
    }
    CHECK(PyGILState_GetThisThreadState() == nullptr);
  }}.join();
}

TEST_CASE("a callback from C stays in its interpreter") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(
      run("import ctypes, _interpreters\n"
          "here = _interpreters.get_current()[0]\n"
          "compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p,\n"
          "                           ctypes.c_void_p)\n"
          "seen = set()\n"
          "@compare\n"
          "def call(a, b):\n"
          "    seen.add(_interpreters.get_current()[0])\n"
          "    return 0\n"
          "array = (ctypes.c_int * 2)(2, 1)\n"
          "ctypes.CDLL(None).qsort(array, 2, 4, call)\n"));
  CHECK(eval("seen == {here}") == "True");
}

TEST_CASE("the user data pointer is the interpreter's own") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(home->core_state() == nullptr);
  int state = 0;
  home->set_core_state(&state);
  CHECK(home->core_state() == &state);
}

TEST_CASE("a detached scope lets another thread in" * doctest::timeout(30)) {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  {
    const detached gap;
    std::thread{[&] {
      const interpreter::attach other{*home};
      CHECK(run("x = 'other'"));
    }}.join();
  }
  CHECK(eval("x") == "other");
}

struct interrupted_turn {
  std::string outcome;
  std::chrono::nanoseconds took{0};  // from interrupt() to the turn's end
};

// A turn that spins on another thread until it is interrupted.
interrupted_turn interrupt_with(const char* exception) {
  using clock = std::chrono::steady_clock;
  const auto home = new_interpreter();
  std::latch begun{1};
  interrupted_turn result;
  std::thread turn{[&] {
    const interpreter::attach scope{*home};
    const interpreter::interruptible running{*home, 7};
    begun.count_down();
    result.outcome = eval("all(zero == 0 for zero in iter(int, 1))");
  }};
  begun.wait();
  const auto asked = clock::now();
  test_runtime().interrupt(home, 7, exception);
  turn.join();
  result.took = clock::now() - asked;
  return result;
}

TEST_CASE("an interrupt gets a spinning handler out within 50 ms" *
          doctest::timeout(30)) {
  auto best = std::chrono::nanoseconds::max();  // the machine may be busy
  for (int i = 0; i < 5; ++i) {
    const auto turn = interrupt_with("builtins:SystemExit");
    CHECK(turn.outcome == "SystemExit: ");
    best = std::min(best, turn.took);
  }
  CHECK(best < std::chrono::milliseconds{50});
}

TEST_CASE(
    "an exception class that can't be imported becomes "
    "KeyboardInterrupt" *
    doctest::timeout(30)) {
  for (const char* name :
       {"no.such.module:Class", "builtins:len", "nonsense"}) {
    CHECK(interrupt_with(name).outcome == "KeyboardInterrupt: ");
  }
}

TEST_CASE("an interrupt for another token changes nothing") {
  const auto home = new_interpreter();
  CHECK_FALSE(home->interrupt(1, "builtins:SystemExit"));
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 2};
  {
    const detached gap;
    CHECK_FALSE(home->interrupt(1, "builtins:SystemExit"));
  }
  CHECK(eval("sum(range(1000))") == "499500");
}

TEST_CASE("an interrupt that comes too late for its turn is forgotten") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  {
    const interpreter::interruptible running{*home, 1};
    const detached gap;
    CHECK(home->interrupt(1, "builtins:SystemExit"));
  }
  CHECK(eval("sum(range(1000))") == "499500");
  const interpreter::interruptible next{*home, 2};
  CHECK(eval("sum(range(1000))") == "499500");
}

// From another thread, as it always comes: CPython finds the state by thread.
bool interrupt_now(interpreter& home, std::function<bool()> still = {}) {
  const detached gap;
  bool done = false;
  std::thread{[&] {
    done = home.interrupt(1, "builtins:SystemExit", still);
  }}.join();
  return done;
}

constexpr const char* some_code = "sum(range(1000))";

TEST_CASE("an interrupt that isn't admitted waits until it is") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 1};
  const interpreter::admission none{*home, admits::nothing};
  CHECK(interrupt_now(*home));
  CHECK(eval(some_code) == "499500");
  {
    const interpreter::admission open{*home, admits::everything};
    CHECK(eval("len([n for n in range(9)])") == "SystemExit: ");
  }
  CHECK(eval(some_code) == "499500");
}

TEST_CASE("an interrupt that had not been raised when its code ended waits") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 1};
  CHECK(interrupt_now(*home));
  {
    const interpreter::admission none{*home, admits::nothing};
    CHECK(eval(some_code) == "499500");
  }
  CHECK(eval("len([n for n in range(9)])") == "SystemExit: ");
}

TEST_CASE("where only kills are admitted a time limit waits") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 1};
  const interpreter::admission kills{*home, admits::kills};
  CHECK(interrupt_now(*home, [] { return true; }));
  CHECK(eval(some_code) == "499500");
  CHECK(interrupt_now(*home));
  CHECK(eval("len([n for n in range(9)])") == "SystemExit: ");
}

TEST_CASE("a time limit that waited is raised only if it still holds") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 1};
  bool holds = true;
  {
    const interpreter::admission none{*home, admits::nothing};
    CHECK(interrupt_now(*home, [&] { return holds; }));
    holds = false;
  }
  CHECK(eval("len([n for n in range(9)])") == "9");
}

TEST_CASE("a time limit doesn't take the place of a kill") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible running{*home, 1};
  bool holds = true;
  {
    const interpreter::admission none{*home, admits::nothing};
    CHECK(interrupt_now(*home));
    CHECK(interrupt_now(*home, [&] { return holds; }));
    holds = false;
  }
  CHECK(eval("len([n for n in range(9)])") == "SystemExit: ");
}

TEST_CASE("a look finds the stack of what runs, innermost first" *
          doctest::timeout(30)) {
  const auto home = new_interpreter();
  std::latch begun{1};
  std::thread turn{[&] {
    const interpreter::attach scope{*home};
    REQUIRE(
        run("def inner(n):\n  while n: pass\n"
            "def outer():\n\n  inner(1)\n"));
    const interpreter::interruptible running{*home, 7};
    begun.count_down();
    eval("outer()");
  }};
  begun.wait();
  interpreter::running_code seen;
  while (seen.stack.size() < 3) {  // it may not be there yet
    seen = home->look();
  }
  home->interrupt(7, "builtins:SystemExit");
  turn.join();
  CHECK(seen.token == 7);
  CHECK(seen.stack[0].function == "inner");
  CHECK(seen.stack[0].line == 2);
  CHECK(seen.stack[1].function == "outer");
  CHECK(seen.stack[1].line == 5);
}

TEST_CASE("a look finds nothing where nothing runs") {
  const auto home = new_interpreter();
  CHECK(home->look().token == 0);
  const interpreter::attach scope{*home};
  { const interpreter::interruptible over{*home, 7}; }
  const detached gap;
  CHECK(home->look().stack.empty());
}

TEST_CASE("a look at code that waits without the GIL finds its stack" *
          doctest::timeout(30)) {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const interpreter::interruptible waits{*home, 7};
  const detached gap;
  const auto seen = home->look();
  CHECK(seen.token == 7);
  CHECK(seen.stack.empty());  // it waits outside of any Python function
}

}  // TEST_SUITE("interpreter")
}  // namespace
}  // namespace troupe
