// SPDX-License-Identifier: Apache-2.0
// What _bootstrap.py arranges: output in whole lines, logging, __main__.
#include "pybridge/python.hpp"

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/pybridge/capture.hpp"
#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

// Writes one after the other, for a readable failure.
std::string joined(const std::vector<std::string>& writes) {
  std::string all;
  for (const std::string& one : writes) {
    all += "<" + one + ">";
  }
  return all;
}

// What statements write to a descriptor, in a new interpreter.
std::string written(int descriptor, const char* statements) {
  const auto home = new_interpreter();
  const capture output{descriptor};
  const interpreter::attach scope{*home};
  CHECK(run(statements));
  return joined(output.writes());
}

// The file that is the program's __main__ for as long as this lives.
class main_script {
public:
  explicit main_script(const std::string& text) {
    std::ofstream{path_} << text;
    set("__main__.__file__ = '" + path_ + "'");
  }
  ~main_script() {
    set("del __main__.__file__");
    std::remove(path_.c_str());
  }
  main_script(const main_script&) = delete;
  main_script& operator=(const main_script&) = delete;

private:
  static void set(const std::string& statement) {
    const interpreter::attach scope{test_runtime().main()};
    CHECK(run(("import __main__; " + statement).c_str()));
    CHECK(test_runtime().note_settings().has_value());
  }
  const std::string path_ =
      std::string{std::getenv("TEST_TMPDIR") ? std::getenv("TEST_TMPDIR")
                                             : "/tmp"} +
      "/troupe_main_" + std::to_string(getpid()) + ".py";
};

TEST_SUITE("bootstrap") {

TEST_CASE("a print() is one write, whatever it prints") {
  CHECK(written(1,
                "print('one', 2)\n"
                "print('two\\nlines')\n"
                "print('värld')\n") == "<one 2\n><two\nlines\n><värld\n>");
  CHECK(written(2, "import sys; print(1, 2, file=sys.stderr)") == "<1 2\n>");
}

TEST_CASE("part of a line waits for the rest of it, or for a flush") {
  CHECK(written(1, "print('a', end=''); print('b')") == "<ab\n>");
  CHECK(written(1, "print('a', end='', flush=True); print('b')") == "<a><b\n>");
}

TEST_CASE("lines of interpreters that print at the same time stay whole") {
  const capture output{1};
  const std::string line(300, 'x');
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      const auto home = new_interpreter();
      const interpreter::attach scope{*home};
      CHECK(run("for _ in range(50): print('x' * 150, 'x' * 149)"));
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto writes = output.writes();
  CHECK(writes.size() == 150);
  for (const std::string& one : writes) {
    CHECK(one.size() == 301);
  }
}

TEST_CASE("sys.stdout is still what programs expect") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("__import__('sys').stdout is __import__('sys').__stdout__") ==
        "True");
  CHECK(eval("__import__('sys').stdout.fileno()") == "1");
  CHECK(eval("__import__('sys').stdout.name") == "<stdout>");
  CHECK(eval("__import__('sys').stdout.mode") == "w");
  CHECK(eval("__import__('sys').stdout.buffer.write(b'')") == "0");
}

TEST_CASE("logging works before it is configured") {
  CHECK(written(2,
                "import logging\n"
                "logging.getLogger('shop').warning('%d left', 3)\n"
                "logging.getLogger('shop').info('not shown')\n") ==
        "<WARNING [-] shop: 3 left\n>");
}

TEST_CASE("a user's basicConfig() works as if ours weren't there") {
  CHECK(written(2,
                "import logging\n"
                "logging.basicConfig(format='%(message)s', level='INFO')\n"
                "logging.info('shown')\n"
                "logging.debug('not shown')\n") == "<shown\n>");
}

TEST_CASE("waiting for logging costs an import hook that goes away") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  const char* finders = "len(__import__('sys').meta_path)";
  const std::string before = eval(finders);
  CHECK(run("import logging"));
  CHECK(std::stoi(eval(finders)) == std::stoi(before) - 1);
}

TEST_CASE("a class of the program's script is found in __main__") {
  const main_script script{
      "class Point: pass\n"
      "runs = globals().get('runs', 0) + 1\n"
      "if __name__ == '__main__': raise SystemExit('ran as the program')\n"};
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("'Point' in globals()") == "False");
  CHECK(eval("__import__('pickle').loads(b'c__main__\\nPoint\\n.').__name__") ==
        "Point");
  CHECK(eval("__import__('__mp_main__').Point.__module__") == "__mp_main__");
  CHECK(eval("__import__('__main__').nothing") ==
        "AttributeError: module '__mp_main__' has no attribute 'nothing'");
  CHECK(eval("__import__('__main__').runs") == "1");
}

TEST_CASE("the script isn't run by those who only look at __main__") {
  const main_script script{"raise SystemExit('ran')"};
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("hasattr(__import__('__main__'), '__file__')") == "False");
  CHECK(eval("__import__('__main__').__name__") == "__main__");
}

TEST_CASE(
    "an exception in the script goes to the one who needs it, each time") {
  const main_script script{"raise ValueError('in the script')"};
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  for (int i = 0; i < 2; ++i) {
    CHECK(eval("__import__('__main__').Point") == "ValueError: in the script");
  }
}

TEST_CASE("without a script the message says what to do") {
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("__import__('__main__').Point") ==
        "AttributeError: what is defined in an interactive session can't be "
        "used in an actor: put it in a module");
}

}  // TEST_SUITE("bootstrap")
}  // namespace
}  // namespace troupe
