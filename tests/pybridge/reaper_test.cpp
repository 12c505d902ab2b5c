// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/reaper.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "tests/pybridge/capture.hpp"
#include "tests/pybridge/runtime_fixture.hpp"

namespace troupe {
namespace {

using std::chrono::milliseconds;

ref_ptr<interpreter> interpreter_after(const char* statements) {
  auto home = new_interpreter();
  const interpreter::attach scope{*home};
  CHECK(run(statements));
  return home;
}

TEST_SUITE("reaper") {

TEST_CASE("an ended interpreter has run its atexit functions and flushed") {
  reaper ends;
  const capture output{1};
  ends.end(
      interpreter_after("import atexit\n"
                        "atexit.register(print, 'bye', end='')\n"));
  ends.shutdown();
  CHECK(output.text() == "bye");
  CHECK(ends.stats().ended == 1);
  CHECK(ends.stats().leaked == 0);
}

TEST_CASE("a thread that the user started is waited for") {
  reaper ends;
  const capture output{1};
  const auto home = interpreter_after(
      "import threading\n"
      "go = threading.Event()\n"
      "def work():\n"
      "    go.wait()\n"
      "    print('worked')\n"
      "threading.Thread(target=work).start()\n");
  ends.end(home);
  {
    const interpreter::visit scope{*home};  // it can't have ended yet
    CHECK(run("go.set()"));
  }
  ends.shutdown();
  CHECK(output.text() == "worked\n");
  CHECK(ends.stats().ended == 1);
}

TEST_CASE("many end at the same time, from threads that used them before") {
  reaper ends{milliseconds{30'000}, 4};
  for (int i = 0; i < 12; ++i) {
    auto home = new_interpreter();
    std::thread{[&] {
      const interpreter::attach scope{*home};
      CHECK(run("import threading; here = threading.local(); here.x = {}"));
    }}.join();
    ends.end(std::move(home));
  }
  ends.shutdown();
  CHECK(ends.stats().ended == 12);
}

TEST_CASE("a thread goes on after the interpreter that it visited last ended") {
  const auto other = new_interpreter();
  for (int i = 0; i < 20; ++i) {
    reaper ends;
    auto home = new_interpreter();
    { const interpreter::attach scope{*home}; }
    ends.end(std::move(home));
    ends.shutdown();
    const interpreter::attach scope{*other};
    CHECK(eval("1 + 1") == "2");
  }
}

TEST_CASE("an interpreter that doesn't end in time is leaked, and others end" *
          doctest::timeout(30)) {
  reaper ends{milliseconds{50}, 1};
  const auto stuck = interpreter_after(
      "import threading\n"
      "never = threading.Event()\n"
      "threading.Thread(target=never.wait).start()\n");
  ends.end(stuck);
  ends.end(new_interpreter());
  ends.shutdown();
  CHECK(ends.stats().ended == 1);
  CHECK(ends.stats().leaked == 1);

  // It isn't lost: when the thread ends, so does the interpreter.
  {
    const interpreter::visit scope{*stuck};
    CHECK(run("never.set()"));
  }
  while (ends.stats().ended != 2 || ends.stats().leaked != 0) {
    std::this_thread::yield();
  }
}

TEST_CASE("an interpreter with a daemon thread is left alone" *
          doctest::timeout(30)) {
  reaper ends;
  const auto home = interpreter_after(
      "import threading\n"
      "stop = threading.Event()\n"
      "daemon = threading.Thread(target=stop.wait, daemon=True)\n"
      "daemon.start()\n");
  ends.end(home);
  ends.shutdown();
  CHECK(ends.stats().ended == 0);
  CHECK(ends.stats().leaked == 1);
  {
    const interpreter::visit scope{*home};
    CHECK(run("stop.set(); daemon.join()"));
  }
  CHECK(home->end() == end_result::ended);
}

TEST_CASE("a daemon thread that an atexit function stops is no obstacle") {
  reaper ends;
  ends.end(interpreter_after(
      "import atexit, threading\n"
      "stop = threading.Event()\n"
      "threading.Thread(target=stop.wait, daemon=True).start()\n"
      "atexit.register(stop.set)\n"));
  ends.shutdown();
  CHECK(ends.stats().ended == 1);
}

TEST_CASE("an interpreter that has ended can't be interrupted any more") {
  reaper ends;
  const auto home = new_interpreter();
  ends.end(home);
  ends.shutdown();
  CHECK_FALSE(home->interrupt(1, "builtins:SystemExit"));
}

TEST_CASE("an exception in an atexit function doesn't stop the end") {
  reaper ends;
  const capture errors{2};
  ends.end(
      interpreter_after("import atexit\n"
                        "@atexit.register\n"
                        "def fail(): raise ValueError('at exit')\n"));
  ends.shutdown();
  CHECK(ends.stats().ended == 1);
  CHECK(errors.text().find("ValueError: at exit") != std::string::npos);
}

}  // TEST_SUITE("reaper")
}  // namespace
}  // namespace troupe
