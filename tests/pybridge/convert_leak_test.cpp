// SPDX-License-Identifier: Apache-2.0
// Nothing stays behind: not from messages, cut ones, refusals or answers.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "pybridge/data/convert.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

constexpr const char* definitions = R"py(
import array, collections, datetime as dt, decimal, fractions, gc, pathlib, sys, threading, uuid
define('''
import collections, dataclasses, enum
@dataclasses.dataclass
class Plain:
    a: object
    b: object = None
@dataclasses.dataclass(frozen=True, slots=True)
class Slots:
    a: object
class Int(int): pass
class Mode(enum.Flag):
    R = 1
    W = 2
Pair = collections.namedtuple("Pair", "a b")
class Oops(Exception):
    def __init__(self, a): super().__init__(a, "more"); self.a = a
class Custom:
    def __reduce__(self): return Custom, (), {"a": 1}
class Bad:
    def __reduce__(self): return int, ('x',)
''')
lock = threading.Lock()
shared = [1]
)py";

constexpr const char* expressions[] = {
    "[1, 2.5, 'abc', b'x', None, 10**40, 1j]",
    "{1: 2, 'a': {3}, 'b': frozenset({4})}",
    "[bytearray(b'x'), slice(1, 2), range(3), ...]",
    "['\\u20ac' * 10, '\\ud800\\U0001F600', '\\xe4']",
    "(shared, [shared], {'a': shared})",
    "[collections.deque([1]), collections.defaultdict(list, {1: 2})]",
    "[collections.OrderedDict(a=1), collections.Counter('ab')]",
    "[array.array('d', [1]), mod.Int(5), mod.Custom()]",
    "[memoryview(b'12345678').cast('h'), Blob(b'x')[:0], Ref(1)]",
    "[mod.Plain(1, 2), mod.Slots(1), mod.Pair(1, 2)]",
    "[mod.Mode.R, mod.Mode.R | mod.Mode.W, mod.Mode(0)]",
    "[mod.Oops(1), ValueError(1, 2), ExceptionGroup('g', [KeyError(1)])]",
    "[dt.datetime(1, 2, 3, tzinfo=dt.timezone.utc), dt.date(1, 2, 3)]",
    "dt.time(1, tzinfo=dt.timezone(dt.timedelta(minutes=5)))",
    "[decimal.Decimal(1), fractions.Fraction(1, 3), uuid.UUID(int=5)]",
    "{pathlib.PurePosixPath('a/b'): int, 1: len}",
    "lock",
    "[lambda: 0, lock]",
    "mod.Plain(lock)",
    "collections.deque([lock])",
    "mod.Bad()",
};

/// How many memory blocks Python holds when all garbage is gone.
long blocks(side& here) {
  here.exec("gc.collect(); count = sys.getallocatedblocks()");
  return PyLong_AsLong(here.eval("count").get());
}

/// So many times each, and a leak of one block each time is far more than the
/// blocks (up to 130, seldom) that CPython's own caches take at some moment.
constexpr int rounds = 2000;
constexpr long tolerated = rounds / 2;

/// CPython keeps some freed objects at hand, so the first rounds don't count.
long growth(side& here, const std::function<void()>& once) {
  for (int i = 0; i != 2 * rounds; ++i) {
    once();
  }
  const long before = blocks(here);
  for (int i = 0; i != rounds; ++i) {
    once();
  }
  return blocks(here) - before;
}

void send(side& here, PyObject* object, bool cut) {
  payload content;
  if (encode(here.types(), object, content)) {
    if (cut) {
      content.truncate(content.size() * 2 / 3);
    }
    Py_XDECREF(decode(here.types(), content));
  }
  PyErr_Clear();
}

TEST_SUITE("convert: leaks") {

TEST_CASE("messages, cut messages and refusals leave no objects behind" *
          doctest::timeout(300)) {
  side here;
  here.exec(definitions);
  for (const std::string expression : expressions) {
    CAPTURE(expression);
    const py_ref object = here.eval(expression);
    for (const bool cut : {false, true}) {
      CHECK(growth(here, [&] { send(here, object.get(), cut); }) < tolerated);
    }
  }
}

TEST_CASE("answers leave no objects behind" * doctest::timeout(300)) {
  side here;
  here.exec(definitions);
  for (const std::string expression :
       {"mod.Oops(1)", "ValueError(lock)", "KeyError(mod.Plain(1))"}) {
    CAPTURE(expression);
    const long grown = growth(here, [&] {
      payload content;
      encode_exception(here.types(), here.eval(expression).get(), content);
      Py_XDECREF(decode_exception(here.types(), content));
      PyErr_Clear();
    });
    CHECK(grown < tolerated);
  }
}

TEST_CASE("calls leave no objects behind") {
  side here;
  here.exec(definitions);
  const py_ref object = here.eval("[mod.Plain(1), 'text']");
  const py_ref names = here.eval("('first', 'second')");
  PyObject* const args[] = {object.get(), object.get(), object.get()};
  const long grown = growth(here, [&] {
    payload content;
    decoded_call call;
    CHECK(encode_call(here.types(), args, 1, names.get(), content));
    CHECK(decode_call(here.types(), content, call));
  });
  CHECK(grown < tolerated);
}

TEST_CASE("a type_cache gives back the classes that it knew") {
  side here;
  here.exec(definitions);
  const long grown = [&] {
    const py_ref object = here.eval("[mod.Plain(1), mod.Mode.R]");
    const auto use = [&] {
      side other;  // has a type_cache of its own
      send(other, object.get(), /*cut=*/false);
    };
    for (int i = 0; i != 20; ++i) {
      use();
    }
    const long before = blocks(here);
    for (int i = 0; i != 20; ++i) {
      use();
    }
    return blocks(here) - before;
  }();
  CHECK(grown < tolerated);
}

}  // TEST_SUITE("convert: leaks")

}  // namespace
}  // namespace troupe
