// SPDX-License-Identifier: Apache-2.0
// What can't be sent, and how the sender is told.
#include "pybridge/convert.hpp"

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
  CHECK(here.refusal("lock") == "TypeError: message: _thread.lock can't be sent");
  CHECK(here.refusal("[{(1, lock): 2}]") ==
        here.refusal("[{(1, lock): 2}]"));  // the same each time
  CHECK(contains(here.refusal("[{(1, lock): 2}]"), "TypeError: message[0] key "
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
  CHECK(here.holds("str(got.__cause__) == \"cannot pickle '_thread.lock' "
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
  CHECK_FALSE(encode(here.types(), here.eval("[lambda: 0]").get(), content,
                     "result"));
  CHECK(contains(side::take_error(), "TypeError: result[0]: function <lambda>"));
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
  for (const char* expression :
       {"lambda: 0", "inner", "Inner", "Inner()", "sys", "generator()",
        "pending", "asynchronous()", "threading.Lock()", "threading.Event()",
        "threading.Thread()", "threading.local()", "socket.socket()",
        "open('/dev/null')", "io.BufferedReader(io.BytesIO())",
        "weakref.ref(thing)", "weakref.WeakSet()", "mmap.mmap(-1, 1)",
        "contextvars.ContextVar('v')", "asyncio.Queue", "sys._getframe()",
        "plain.__code__", "(x for x in ())", "{}.keys()",
        "type.__dict__", "object()", "select.epoll()"}) {
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
  CHECK(contains(here.refusal("mod.Alias"), "can't be imported as mod:Renamed"));
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

TEST_CASE("a message that contains itself is refused with the place") {
  side here;
  here.exec(R"py(
define('''
class Node: pass
''')
import collections
a = []; a.append(a)
b = {'a': [1]}; b['a'][0] = b
node = mod.Node(); node.next = mod.Node(); node.next.back = node
queue = collections.deque(); queue.append([queue])
t = ([],); t[0].append(t)
error = ValueError(); error.args = ([error],)
)py");
  CHECK(here.refusal("a") == "ValueError: message contains itself: message[0]");
  CHECK(here.refusal("b") ==
        "ValueError: message contains itself: message['a'][0]");
  CHECK(here.refusal("[0, b]") ==
        "ValueError: message contains itself: message[1]['a'][0]");
  CHECK(here.refusal("node") ==
        "ValueError: message contains itself: message.next.back");
  CHECK(here.refusal("queue") ==
        "ValueError: message contains itself: message[0][0]");
  CHECK(here.refusal("t") ==
        "ValueError: message contains itself: message[0][0]");
  CHECK(here.refusal("error") ==
        "ValueError: message contains itself: message.args[0][0]");
  here.exec("error.args = ()");
}

TEST_CASE("nesting has a limit that no stack notices") {
  side here;
  here.exec(R"py(
def nest(levels, make):
    x = 0
    for _ in range(levels): x = make(x)
    return x
import collections
)py");
  for (const char* make : {"lambda x: [x]", "lambda x: (x,)",
                           "lambda x: {'key': x}",
                           "lambda x: collections.deque([x])"}) {
    CAPTURE(std::string{make});
    const std::string call = ", " + std::string{make} + ")";
    const std::string error = here.refusal("nest(100_000" + call);
    CHECK(contains(error, "RecursionError: message is nested more than 1000 "
                          "levels deep: message["));
    CHECK(contains(error, "]..."));
    CHECK(error.size() < 300);
    const py_ref deep = here.eval("nest(400" + call);
    const py_ref got = here.decoded(here.encoded(deep.get()));
    CHECK(here.holds("got == sent", deep.get(), got.get()));
  }
  const py_ref deepest = here.eval("nest(1000, lambda x: [x])");
  const payload content = here.encoded(deepest.get());
  CHECK(here.decoded(content));
  CHECK(here.refusal("nest(1001, lambda x: [x])") != "");
}

TEST_CASE("a __reduce__ that goes on for ever meets the limit") {
  side here;
  here.exec(R"py(
define('''
class Endless:
    def __reduce__(self): return Endless, (Endless(),)
''')
)py");
  CHECK(contains(here.refusal("mod.Endless()"), "RecursionError: message is "
                                                "nested more than 1000"));
}

TEST_CASE("a message has a size limit, checked before anything is copied") {
  side here;
  here.types().set_max_message_size(1000);
  CHECK(here.refusal("'x' * 990") == "");
  CHECK(here.refusal("'x' * 1000") ==
        "ValueError: message is at least 1003 bytes; the limit is 1000 bytes; "
        "use troupe.Blob for large data");
  CHECK(contains(here.refusal("list(range(1000))"), "ValueError: message is"));
  CHECK(contains(here.refusal("bytearray(5000)"), "ValueError: message is"));
  CHECK(contains(here.refusal("1 << 100_000"), "ValueError: message is"));
  CHECK(here.refusal("[Blob(bytes(5000))]") == "");
  CHECK(here.refusal("memoryview(Blob(bytes(5000)))") == "");
}

TEST_CASE("a str of 2 GiB is refused at once" * doctest::timeout(60)) {
  side here;
  const py_ref huge = py_ref::steal(PyUnicode_New(Py_ssize_t{1} << 31, 127));
  if (!huge) {
    PyErr_Clear();
    MESSAGE("not enough memory on this machine");
    return;
  }
  payload content;
  CHECK_FALSE(encode(here.types(), huge.get(), content));
  CHECK(contains(side::take_error(), "ValueError: message is at least 2147483"));
}

TEST_CASE("containers that change while they are read give an error") {
  side here;
  here.exec(R"py(
define('''
class Meddler:
    def __init__(self, do): self.do = do
    def __reduce__(self):
        self.do()
        return int, ()
''')
def with_list(do):
    x = [1, 2, 3]; x.insert(1, mod.Meddler(lambda: do(x))); return x
def with_dict(do):
    x = {'a': 1}; x['m'] = mod.Meddler(lambda: do(x)); x['z'] = [1]; return x
def with_set(do):
    x = set(); x.add(mod.Meddler(lambda: do(x))); return x
)py");
  for (const char* expression :
       {"with_list(list.clear)", "with_list(lambda x: x.append(1))",
        "with_dict(dict.clear)", "with_dict(lambda x: x.update(b=1, c=2))",
        "[with_dict(lambda x: x.pop('z'))]", "with_set(lambda x: x.add(5))",
        "with_set(set.clear)"}) {
    CAPTURE(std::string{expression});
    const std::string error = here.refusal(expression);
    CHECK(contains(error, "RuntimeError: "));
    CHECK(contains(error, "chang"));
  }
  // Replaced in place: whatever is sent, nothing that is gone is touched.
  here.exec(R"py(
def replaced(x):
    x.clear(); x.extend(object() for _ in range(4))
def swapped(x):
    del x['m']; x['new'] = 1
)py");
  here.refusal("with_list(replaced)");
  here.refusal("with_dict(swapped)");
}

TEST_CASE("a hostile __reduce__ gives an error at the sender") {
  side here;
  here.exec(R"py(
import sys
define('''
class Hostile:
    def __init__(self, do): self.do = do
    def __reduce_ex__(self, protocol): return self.do()
class Broken:
    @property
    def __reduce_ex__(self): raise KeyError('no')
''')
def throw(e): raise e
)py");
  const auto refusal = [&](const char* body) {
    return here.refusal("[mod.Hostile(lambda: " + std::string{body} + ")]");
  };
  const std::string start = "TypeError: message[0]: mod.Hostile can't be sent";
  CHECK(refusal("throw(ValueError('boom'))") == start + ": ValueError: boom");
  CHECK(refusal("sys.exit(3)") == start + ": SystemExit: 3");
  CHECK(refusal("throw(TypeError('use open() there'))") ==
        start + ": TypeError: use open() there");
  CHECK(refusal("throw(TypeError('cannot pickle this'))") == start);
  CHECK(contains(refusal("None"), start + ": its __reduce__ returned neither"));
  CHECK(contains(refusal("()"), start + ": its __reduce__ returned a tuple"));
  CHECK(contains(refusal("(1, ())"), start + ": its __reduce__ returned some"));
  CHECK(contains(refusal("(int, 5)"), start + ": its __reduce__ returned arg"));
  CHECK(contains(refusal("'nothing'"), start));
  CHECK(contains(refusal("(int, (), None, 5)"), "TypeError"));
  CHECK(contains(refusal("(int, (), None, None, [1])"), "TypeError"));
  CHECK(contains(refusal("(lambda: 0, ())"), "TypeError: message[0]"));
  CHECK(contains(refusal("throw(MemoryError())"), "MemoryError"));
  CHECK(contains(refusal("throw(KeyboardInterrupt())"), "KeyboardInterrupt"));
  CHECK(contains(here.refusal("mod.Broken()"), "TypeError: message"));
}

TEST_CASE("a class whose constructor fails gives an error at the receiver") {
  side here;
  here.exec(R"py(
import sys
define('''
import sys
class Bomb:
    def __init__(self, how=None):
        if how: how()
    def __reduce__(self): return Bomb, (explode,)
class Quitter(Bomb):
    def __reduce__(self): return Quitter, (sys.exit,)
class BadState(Bomb):
    def __reduce__(self): return BadState, (), 5
class Vanishing: pass
def explode(): raise ValueError('boom')
''')
vanishing = mod.Vanishing()
)py");
  const auto error = [&](const char* expression) {
    const payload content = here.encoded(here.eval(expression).get());
    const py_ref got = py_ref::steal(decode(here.types(), content));
    CHECK_FALSE(got);
    const py_ref raised = py_ref::steal(PyErr_GetRaisedException());
    const py_ref text = py_ref::steal(PyUnicode_FromFormat(
        "%s: %S %S", Py_TYPE(raised.get())->tp_name, raised.get(),
        py_ref::steal(PyObject_GetAttrString(raised.get(), "__notes__"))
            .get()));
    PyErr_Clear();
    return std::string{text ? PyUnicode_AsUTF8(text.get()) : ""};
  };
  CHECK(error("[mod.Bomb()]") ==
        "ValueError: boom [\"while decoding a message: <class 'mod.Bomb'>\"]");
  CHECK(contains(error("mod.Quitter()"), "RuntimeError: exit() was called"));
  const payload content = here.encoded(here.eval("vanishing").get());
  const py_ref bad =
      py_ref::steal(decode(here.types(),
                           here.encoded(here.eval("mod.BadState()").get())));
  CHECK_FALSE(bad);
  CHECK(side::take_error() != "");
}

TEST_CASE("a class that the receiver can't import gives an error there") {
  side sender;
  sender.exec(R"py(
define('''
class Gone: pass
''')
gone = mod.Gone()
)py");
  const payload content = sender.encoded(sender.eval("gone").get());
  sender.exec("del mod.Gone");
  side receiver;
  CHECK_FALSE(py_ref::steal(decode(receiver.types(), content)));
  CHECK(contains(side::take_error(), "AttributeError"));
}

}  // TEST_SUITE("convert: refusals")

}  // namespace
}  // namespace troupe
