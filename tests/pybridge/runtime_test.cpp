// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/runtime.hpp"

#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

std::string eval_in(interpreter& home, const char* expression) {
  const interpreter::attach scope{home};
  return eval(expression);
}

// Runs statements in the main interpreter and notes its settings.
void change_main(const char* statements) {
  const interpreter::attach scope{test_runtime().main()};
  CHECK(run(statements));
  CHECK(test_runtime().note_settings().has_value());
}

TEST_SUITE("runtime") {

TEST_CASE("an actor's interpreter has the main one's sys.path and sys.argv") {
  const auto home = new_interpreter();
  const char* path = "__import__('sys').path";
  CHECK(eval_in(*home, path) == eval_in(test_runtime().main(), path));
  CHECK(eval_in(*home, "__import__('sys').argv") ==
        "['test.py', '--flag', 'värde']");
}

TEST_CASE("a change of sys.path reaches a warm interpreter when renewed") {
  const auto home = new_interpreter();
  change_main("import sys; sys.path.insert(0, '/neu\\udc80')");
  const char* first = "ascii(__import__('sys').path[0])";
  CHECK(eval_in(*home, first) != "'/neu\\udc80'");
  CHECK(test_runtime().renew(*home).has_value());
  CHECK(eval_in(*home, first) == "'/neu\\udc80'");
  change_main("del sys.path[0]");
}

TEST_CASE("interpreters are created on several threads at once") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 3; ++j) {
        auto made = test_runtime().create();
        CHECK(made.has_value());
        CHECK(eval_in(**made, "__import__('json').loads('[1]')") == "[1]");
        CHECK((*made)->end() == end_result::ended);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("an interpreter that can't be set up is an error with the reason") {
  change_main(
      "import sys, tempfile, os.path\n"
      "folder = tempfile.TemporaryDirectory()\n"
      "with open(os.path.join(folder.name, 'troupe.py'), 'w') as file:\n"
      "    file.write('raise ValueError(\"broken\")')\n"
      "sys.path.insert(0, folder.name)\n");
  const auto made = test_runtime().create();
  CHECK(made.has_error());
  CHECK(made.error().detail ==
        "can't set up an interpreter: ValueError: broken");
  change_main("del sys.path[0]; folder.cleanup()");
}

TEST_CASE("a new interpreter has imported nothing that it needn't") {
  const auto home = new_interpreter();
  CHECK(
      eval_in(*home,
              "[name for name in ('_collections_abc', 'os', 're', 'typing', "
              "'logging',"
              " 'threading', 'enum') if name in __import__('sys').modules]") ==
      "[]");
}

TEST_CASE("exit(), quit() and help() are there without `site`") {
  const auto home = new_interpreter();
  CHECK(eval_in(*home, "exit") == "Use exit() or Ctrl-D (i.e. EOF) to exit");
  CHECK(eval_in(*home, "quit(3)") == "SystemExit: 3");
  CHECK(eval_in(*home, "callable(help)") == "True");
}

TEST_CASE("threads, daemons too, are allowed in an actor; fork is not") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(
      run("import threading\n"
          "for daemon in (False, True):\n"
          "    thread = threading.Thread(target=int, daemon=daemon)\n"
          "    thread.start(); thread.join()\n"));
  CHECK(eval("__import__('os').fork()") ==
        "RuntimeError: fork not supported for isolated subinterpreters");
}

TEST_CASE(
    "a module that refuses interpreters with a GIL of their own says so") {
  const auto home = new_interpreter();
  CHECK(eval_in(*home, "__import__('faulthandler')") ==
        "ImportError: module faulthandler does not support loading in "
        "subinterpreters");
}

TEST_CASE("the main interpreter is a home like others") {
  CHECK(test_runtime().main().is_main());
  CHECK(eval_in(test_runtime().main(), "1 + 1") == "2");
  std::thread{[] {
    CHECK(eval_in(test_runtime().main(), "1 + 1") == "2");
  }}.join();
}

// Runs statements on this thread, the first one, and interrupts them.
std::string interrupted_in_main(const char* statements) {
  std::latch begun{1};
  std::thread other{[&] {
    begun.wait();
    test_runtime().interrupt_main();
  }};
  const interpreter::attach scope{test_runtime().main()};
  begun.count_down();
  const std::string outcome = eval(statements);
  const detached gap;
  other.join();
  return outcome;
}

TEST_CASE("interrupt_main() raises KeyboardInterrupt in a busy loop" *
          doctest::timeout(30)) {
  CHECK(interrupted_in_main("all(zero == 0 for zero in iter(int, 1))") ==
        "KeyboardInterrupt: ");
}

TEST_CASE("interrupt_main() ends a system call that waits" *
          doctest::timeout(30)) {
  CHECK(interrupted_in_main("__import__('time').sleep(600)") ==
        "KeyboardInterrupt: ");
  CHECK(interrupted_in_main("__import__('threading').Event().wait()") ==
        "KeyboardInterrupt: ");
}

}  // TEST_SUITE("runtime")
}  // namespace
}  // namespace troupe
