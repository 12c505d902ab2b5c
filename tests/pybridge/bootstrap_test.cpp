// SPDX-License-Identifier: Apache-2.0
// What _bootstrap.py arranges: output in whole lines, logging, __main__.
#include "pybridge/python.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

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

// A file that is the program's __main__ for as long as this lives.
class main_script {
public:
  enum class started_as { script, module, alias };

  explicit main_script(const std::string& text,
                       started_as how = started_as::script) {
    std::ofstream{folder_ + "/" + name_ + ".py"} << text;
    change(
        "import importlib.machinery, sys\n"
        "sys.first_main = sys.modules['__main__']\n"
        "sys.path.insert(0, '" +
        folder_ + "')\n");
    switch (how) {
      case started_as::script:
        change("__file__ = '" + folder_ + "/" + name_ + ".py'");
        break;
      case started_as::module:  // python -m
        change("__spec__ = importlib.machinery.ModuleSpec('" + name_ +
               "', None)");
        break;
      case started_as::alias:  // as the launcher does
        change("sys.modules['__main__'] = __import__('" + name_ + "')");
    }
  }
  ~main_script() {
    change(
        "import sys\n"
        "del sys.path[0]\n"
        "sys.modules['__main__'] = sys.first_main\n"
        "vars(sys.first_main).pop('__file__', None)\n"
        "sys.first_main.__spec__ = None\n");
    std::filesystem::remove_all(folder_);
  }
  main_script(const main_script&) = delete;
  main_script& operator=(const main_script&) = delete;

  const std::string& name() const { return name_; }

private:
  static void change(const std::string& statements) {
    const interpreter::attach scope{test_runtime().main()};
    CHECK(run(statements.c_str()));
    CHECK(test_runtime().note_settings().has_value());
  }
  static std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "troupeXXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    return name;
  }

  static inline int count_ = 0;
  const std::string folder_ = make_folder();
  const std::string name_ = "program_" + std::to_string(++count_);
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

TEST_CASE("a program started by python -m is found in the same way") {
  const main_script script{
      "class Point: pass\n"
      "if __name__ == '__main__': raise SystemExit('ran as the program')\n",
      main_script::started_as::module};
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("__import__('__main__').Point.__module__") == "__mp_main__");
}

TEST_CASE("a program that has a module's name is imported under it") {
  const main_script script{"class Point: pass", main_script::started_as::alias};
  const auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(eval("__import__('__main__').Point.__module__") == script.name());
  CHECK(eval("__import__('__main__').Point.__module__ in "
             "__import__('sys').modules") == "True");
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
        "AttributeError: what an interactive session or a package's "
        "__main__.py defines can't be used in an actor: put it in a module");
}

}  // TEST_SUITE("bootstrap")
}  // namespace
}  // namespace troupe
