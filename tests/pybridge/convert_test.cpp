// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/convert.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

/// Sends an expression's value from one interpreter's side to another's.
void check_round_trip(side& here, const std::string& expression) {
  CAPTURE(std::string{expression});
  const py_ref sent = here.eval(expression);
  const py_ref got = here.decoded(here.encoded(sent.get()));
  CHECK(here.holds("type(got) is type(sent)", sent.get(), got.get()));
  CHECK(here.holds("got == sent or got != got", sent.get(), got.get()));
  CHECK(here.holds("type(got) is int or repr(got) == repr(sent)", sent.get(),
                   got.get()));
}

TEST_SUITE("convert") {

TEST_CASE("atoms arrive as they were sent") {
  side here;
  for (const char* expression : {"None",
                                 "True",
                                 "False",
                                 "...",
                                 "NotImplemented",
                                 "0",
                                 "1",
                                 "-1",
                                 "127",
                                 "128",
                                 "-128",
                                 "-129",
                                 "2**31-1",
                                 "2**31",
                                 "-2**31",
                                 "2**63-1",
                                 "-2**63",
                                 "2**63",
                                 "-2**63-1",
                                 "10**30",
                                 "-10**30",
                                 "2**100000",
                                 "-2**100000 + 1",
                                 "0.0",
                                 "-0.0",
                                 "1.5",
                                 "float('inf')",
                                 "float('nan')",
                                 "1e308",
                                 "complex(1, -2)",
                                 "complex(0.0, -0.0)",
                                 "''",
                                 "'a'",
                                 "'plain'",
                                 "'\\xe4\\xf6'",
                                 "'\\u20ac'",
                                 "'\\U0001F600 and more'",
                                 "'\\ud800'",
                                 "'\\x00'",
                                 "'x' * 1000",
                                 "'\\u20ac' * 1000",
                                 "b''",
                                 "b'a'",
                                 "b'\\x00\\xff'",
                                 "b'x' * 1000"}) {
    check_round_trip(here, expression);
  }
}

TEST_CASE("containers arrive as they were sent") {
  side here;
  for (const char* expression :
       {"()", "(1,)", "(1, 'two', (3.0, None))", "[]", "[1, [2, [3]]]", "{}",
        "{'a': 1, 'b': [2], 3: {'c': ()}}", "{(1, 2): 'x'}", "set()", "{1}",
        "frozenset()", "frozenset({5})", "bytearray(b'xyz')", "range(3, 9, 2)",
        "range(10**30)", "slice(1, None, -2)", "tuple(range(300))",
        "list(range(1000))", "{i: i for i in range(500)}"}) {
    check_round_trip(here, expression);
  }
}

TEST_CASE("a dict keeps its order") {
  side here;
  check_round_trip(here, "{k: None for k in 'the quick brown fox'.split()}");
}

TEST_CASE("a str of any kind arrives in CPython's canonical form") {
  side here;
  for (const char* expression : {"'a' * 200", "'\xc3\xa4'", "'\\u20ac'",
                                 "'\\U0010ffff'", "'\\udfff\\ud800'"}) {
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(int{PyUnicode_KIND(got.get())} == int{PyUnicode_KIND(sent.get())});
    CHECK((PyUnicode_IS_ASCII(got.get()) == PyUnicode_IS_ASCII(sent.get())));
    CHECK(here.holds("hash(got) == hash(sent)", sent.get(), got.get()));
  }
}

TEST_CASE("small messages need no memory of their own") {
  side here;
  for (const char* expression :
       {"None", "12345", "'hello world'", "('add', 17, 2.5)",
        "{'id': 1, 'name': 'Ada', 'tags': ('x', 'y'), 'score': 1.5}"}) {
    const payload content = here.encoded(here.eval(expression).get());
    CHECK(content.size() <= payload::inline_capacity);
  }
}

TEST_CASE("a list that appears twice arrives as one list, twice") {
  side here;
  here.exec("x = [1, 2]");
  const py_ref got =
      here.decoded(here.encoded(here.eval("{'a': x, 'b': [x, x]}").get()));
  CHECK(here.holds("got == {'a': [1, 2], 'b': [[1, 2], [1, 2]]}", nullptr,
                   got.get()));
  CHECK(
      here.holds("got['a'] is got['b'][0] is got['b'][1]", nullptr, got.get()));
}

TEST_CASE("a large str or bytes that appears often is written once") {
  side here;
  here.exec("s = 'x' * 1000; b = b'y' * 1000");
  const payload content = here.encoded(here.eval("[s, b] * 1000").get());
  CHECK(content.size() < 20'000);
  const py_ref got = here.decoded(content);
  CHECK(here.holds("got == [s, b] * 1000", nullptr, got.get()));
}

TEST_CASE("a value shared fifty levels deep stays small") {
  side here;
  here.exec("x = ('leaf', 1)\nfor i in range(50): x = (x, x)");
  const payload content = here.encoded(here.eval("x").get());
  CHECK(content.size() < 1000);
  const py_ref got = here.decoded(content);
  here.exec(R"py(
def depth(t):
    n = 0
    while t != ('leaf', 1) if len(t) == 2 and t[0] == 'leaf' else True:
        assert t[0] is t[1]
        t = t[0]
        n += 1
    return n
)py");
  CHECK(here.holds("depth(got) == 50", nullptr, got.get()));
}

TEST_CASE("a payload is replaced by encode() and emptied when it fails") {
  side here;
  payload content = here.encoded(here.eval("[1] * 1000").get());
  REQUIRE(encode(here.types(), Py_None, content));
  CHECK(content.size() == 1);
  CHECK_FALSE(encode(here.types(), here.eval("(1, lambda: 0)").get(), content));
  CHECK(content.empty());
  PyErr_Clear();
}

}  // TEST_SUITE("convert")

}  // namespace
}  // namespace troupe
