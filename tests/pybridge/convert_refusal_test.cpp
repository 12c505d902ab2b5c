// SPDX-License-Identifier: Apache-2.0
// What can't be sent, and how the sender is told.
#include "pybridge/data/convert.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("convert: refusals") {

TEST_CASE("a refusal names the way to the object") {
  side here;
  here.exec(R"py(
import sqlite3, threading, collections, functools
define('''
class Row: pass
''')
row = mod.Row(); row.conn = sqlite3.connect(':memory:')
lock = threading.Lock()
)py");
  CHECK(here.refusal("{'rows': [1, 2, 3, row]}") ==
        "TypeError: message['rows'][3].conn: sqlite3.Connection can't be sent");
  CHECK(here.refusal("lock") ==
        "TypeError: message: _thread.lock can't be sent");
  CHECK(here.refusal("[{(1, lock): 2}]") ==
        here.refusal("[{(1, lock): 2}]"));  // the same each time
  CHECK(contains(here.refusal("[{(1, lock): 2}]"),
                 "TypeError: message[0] key "
                 "(1, <unlocked"));
  CHECK(here.refusal("{lock}") ==
        "TypeError: message{0}: _thread.lock can't be sent");
  CHECK(here.refusal("collections.deque([1, lock])") ==
        "TypeError: message[1]: _thread.lock can't be sent");
  CHECK(here.refusal("collections.OrderedDict(a=lock)") ==
        "TypeError: message['a']: _thread.lock can't be sent");
  CHECK(here.refusal("functools.partial(int, lock)") ==
        "TypeError: message.__getstate__()[1][0]: _thread.lock can't be sent");
  CHECK(here.refusal("slice(lock)") ==
        "TypeError: message.stop: _thread.lock can't be sent");
  CHECK(here.refusal("ValueError(lock)") ==
        "TypeError: message.args[0]: _thread.lock can't be sent");
}

TEST_CASE("the exception that pickle would raise is the cause") {
  side here;
  here.exec("import threading; lock = threading.Lock()");
  payload content;
  REQUIRE_FALSE(encode(here.types(), here.eval("[lock]").get(), content));
  const py_ref raised = py_ref::steal(PyErr_GetRaisedException());
  CHECK(
      here.holds("str(got.__cause__) == \"cannot pickle '_thread.lock' "
                 "object\"",
                 nullptr, raised.get()));
}

TEST_CASE("arguments of a call are named by position or by name") {
  side here;
  here.exec("import threading; lock = threading.Lock()");
  const py_ref first = here.eval("1");
  const py_ref second = here.eval("{'rows': [lock]}");
  const py_ref names = here.eval("('table',)");
  PyObject* const args[] = {first.get(), second.get()};
  payload content;
  CHECK_FALSE(encode_call(here.types(), args, 2, nullptr, content));
  CHECK(side::take_error() ==
        "TypeError: argument 2['rows'][0]: _thread.lock can't be sent");
  CHECK_FALSE(encode_call(here.types(), args, 1, names.get(), content));
  CHECK(side::take_error() ==
        "TypeError: argument 'table'['rows'][0]: _thread.lock can't be sent");
  CHECK(content.empty());
}

TEST_CASE("the caller says what the object is called") {
  side here;
  payload content;
  CHECK_FALSE(
      encode(here.types(), here.eval("[lambda: 0]").get(), content, "result"));
  CHECK(
      contains(side::take_error(), "TypeError: result[0]: function <lambda>"));
}

TEST_CASE("things that mean nothing elsewhere are refused") {
  side here;
  here.exec(R"py(
import asyncio, contextvars, io, mmap, select, socket, sys, threading, weakref
def generator(): yield
async def coroutine(): pass
pending = coroutine()
async def asynchronous(): yield
plain = lambda: 0
def local():
    def inner(): pass
    class Inner: pass
    return inner, Inner
inner, Inner = local()
define('''
class Thing: pass
''')
thing = mod.Thing()
)py");
  for (const char* expression : {"lambda: 0",
                                 "inner",
                                 "Inner",
                                 "Inner()",
                                 "sys",
                                 "generator()",
                                 "pending",
                                 "asynchronous()",
                                 "threading.Lock()",
                                 "threading.Event()",
                                 "threading.Thread()",
                                 "threading.local()",
                                 "socket.socket()",
                                 "open('/dev/null')",
                                 "io.BufferedReader(io.BytesIO())",
                                 "weakref.ref(thing)",
                                 "weakref.WeakSet()",
                                 "mmap.mmap(-1, 1)",
                                 "contextvars.ContextVar('v')",
                                 "asyncio.Queue",
                                 "sys._getframe()",
                                 "plain.__code__",
                                 "(x for x in ())",
                                 "{}.keys()",
                                 "type.__dict__",
                                 "object()",
                                 "select.epoll()"}) {
    CAPTURE(std::string{expression});
    const std::string text = here.refusal("[" + std::string{expression} + "]");
    if (std::string{expression} == "asyncio.Queue" ||
        std::string{expression} == "object()") {
      CHECK(text.empty());  // a class by name; an object without attributes
    } else {
      CHECK(contains(text, "TypeError: message[0]"));
      CHECK(contains(text, "can't be sent"));
    }
  }
  here.exec("pending.close()");
}

TEST_CASE("a class or function that can't be imported is named, with why") {
  side here;
  here.exec(R"py(
define('''
def outer():
    class Local: pass
    def local(): pass
    return Local, local
class Renamed: pass
Alias = Renamed
del Renamed
''')
Local, local = mod.outer()
alias = mod.Alias()
)py");
  CHECK(here.refusal("{'a': Local()}") ==
        "TypeError: message['a']: mod.outer.<locals>.Local can't be sent: its "
        "class can't be imported by name: it is defined in a function, so it "
        "can't be imported");
  CHECK(here.refusal("Local") ==
        "TypeError: message: class outer.<locals>.Local can't be sent: it is "
        "defined in a function, so it can't be imported");
  CHECK(here.refusal("local") ==
        "TypeError: message: function outer.<locals>.local can't be sent: it "
        "is defined in a function, so it can't be imported");
  CHECK(contains(here.refusal("alias"), "mod.Renamed can't be sent"));
  CHECK(
      contains(here.refusal("mod.Alias"), "can't be imported as mod:Renamed"));
}

TEST_CASE("a refused class can be sent once it can be imported") {
  side here;
  here.exec(R"py(
define('''
class Late: pass
''')
Late = mod.Late; del mod.Late
)py");
  CHECK(contains(here.refusal("Late()"), "can't be sent"));
  here.exec("mod.Late = Late");
  CHECK(here.refusal("Late()") == "");
}

}  // TEST_SUITE("convert: refusals")

}  // namespace
}  // namespace troupe
