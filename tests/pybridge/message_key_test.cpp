// SPDX-License-Identifier: Apache-2.0
// Keys of messages, and messages in words: both read the bytes themselves.
#include "pybridge/data/message_key.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "pybridge/data/message_preview.hpp"
#include "tests/pybridge/corpus.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

/// f(...) as a call's payload.
payload call(side& here, const std::string& arguments) {
  here.exec("def f(*args, **kwargs): return args, kwargs");
  const py_ref both = here.eval("f(" + arguments + ")");
  PyObject* const args = PyTuple_GET_ITEM(both.get(), 0);
  PyObject* const named = PyTuple_GET_ITEM(both.get(), 1);
  const auto names = py_ref::steal(PySequence_Tuple(named));
  const auto values = py_ref::steal(PyDict_Values(named));
  std::vector<PyObject*> all;
  for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(args); ++i) {
    all.push_back(PyTuple_GET_ITEM(args, i));
  }
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(values.get()); ++i) {
    all.push_back(PyList_GET_ITEM(values.get(), i));
  }
  payload content;
  REQUIRE(encode_call(
      here.types(), all.data(),
      static_cast<std::size_t>(PyTuple_GET_SIZE(args)),
      PyTuple_GET_SIZE(names.get()) == 0 ? nullptr : names.get(), content));
  return content;
}

std::uint64_t key(side& here, const std::string& arguments,
                  const key_place& place = std::size_t{0}) {
  CAPTURE(arguments);
  const auto found = key_of_call(call(here, arguments), place);
  REQUIRE(found.has_value());
  return *found;
}

constexpr const char* more_of_the_corpus = R"py(
corpus += [
    collections.defaultdict(list, a=[1]),
    bytearray(100_000), memoryview(bytes(100_000)),
]
)py";

TEST_SUITE("message keys") {

TEST_CASE("equal keys hash equally, different ones differently") {
  side here;
  here.exec(test::corpus_definitions);
  here.exec(more_of_the_corpus);
  const char* const same[][2] = {
      {"'user'", "'us' + 'er'"},
      {"'\xc3\xa4'", "chr(228)"},
      {"1", "True"},
      {"1", "1.0"},
      {"0", "-0.0"},
      {"2**40", "float(2**40)"},
      {"b'ab'", "bytes([97, 98])"},
      {"('a', 1)", "tuple(['a', 1])"},
      {"('a', 1)", "mod.Pair('a', 1)"},
      {"('x' * 300,) * 2", "('x' * 300, 'y' + 'x' * 299)[:1] * 2"},
      {"frozenset('abcdef')", "frozenset('fedcba')"},
      {"{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"},
      {"uuid.UUID(int=5)", "uuid.UUID(int=5)"},
      {"datetime.date(2026, 1, 2)", "datetime.date(2026, 1, 2)"},
      {"mod.Colour.RED", "mod.Colour(1)"},
      {"2**100", "2**99 * 2"},
      {"1.25", "5 / 4"},
      {"mod.Point(1, 2)", "mod.Point(y=2, x=1)"},
      {"None", "None"},
  };
  for (const auto& [a, b] : same) {
    CAPTURE(std::string{a});
    CHECK(key(here, a) == key(here, b));
  }
  std::vector<std::uint64_t> all;
  for (const char* one : {"'user'",
                          "'User'",
                          "''",
                          "b'user'",
                          "1",
                          "2",
                          "-1",
                          "1.5",
                          "2**100",
                          "None",
                          "()",
                          "('a',)",
                          "('a', 'b')",
                          "('b', 'a')",
                          "('ab',)",
                          "'ab'",
                          "(('a',), 'b')",
                          "mod.Colour.RED",
                          "mod.Colour.BLUE",
                          "'\xc3\xa4'",
                          "'\xe2\x82\xac'",
                          "frozenset('ab')"}) {
    all.push_back(key(here, one));
  }
  for (std::size_t i = 0; i != all.size(); ++i) {
    for (std::size_t j = 0; j != i; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(all[i] != all[j]);
    }
  }
}

TEST_CASE("a key that appears before is the same key") {
  side here;
  here.exec("long = 'x' * 1000; pair = (long, [1])");
  CHECK(key(here, "long, long", std::size_t{1}) == key(here, "long"));
  CHECK(key(here, "[long, pair], pair", std::size_t{1}) == key(here, "pair"));
  CHECK(key(here, "pair, key=pair", std::string{"key"}) == key(here, "pair"));
}

TEST_CASE(
    "the argument is found by position or keyword, whatever comes first") {
  side here;
  here.exec(test::corpus_definitions);
  here.exec(more_of_the_corpus);
  const py_ref corpus = here.eval("corpus");
  const std::uint64_t expected = key(here, "'the key'");
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(corpus.get()); ++i) {
    const std::string one = "corpus[" + std::to_string(i) + "]";
    CHECK(key(here, one + ", 'the key'", std::size_t{1}) == expected);
    CHECK(key(here, one + ", other=" + one + ", user='the key'",
              std::string{"user"}) == expected);
    if (here.eval("'Ref' not in repr(" + one + ")").get() == Py_True) {
      CHECK(key(here, one) == key(here, "(" + one + ",)[0]"));
    }
  }
}

TEST_CASE("a message without that argument has no key") {
  side here;
  const payload one = call(here, "1, b=2");
  CHECK_FALSE(key_of_call(one, std::size_t{1}));
  CHECK_FALSE(key_of_call(one, std::string{"a"}));
  CHECK_FALSE(key_of_call(one, std::string{"bb"}));
  CHECK(key_of_call(one, std::string{"b"}));
  CHECK_FALSE(key_of_call(call(here, ""), std::size_t{0}));
  const payload message = here.encoded(here.eval("'user'").get());
  CHECK(key_of_message(message, std::size_t{0}) == key(here, "'user'"));
  CHECK_FALSE(key_of_message(message, std::size_t{1}));
  CHECK_FALSE(key_of_message(message, std::string{"user"}));
}

TEST_CASE("shared parts are gone over once, however often they appear") {
  side here;
  here.exec("deep = ()\nfor _ in range(200): deep = (deep, deep)");
  CHECK(key(here, "deep, 'key'", std::size_t{1}) == key(here, "'key'"));
}

TEST_CASE("corrupt bytes give some key or none" * doctest::timeout(300)) {
  side here;
  here.exec(test::corpus_definitions);
  here.exec(more_of_the_corpus);
  std::vector<payload> corpus;
  for (int i = 0; i != 49; ++i) {
    const std::string one = "corpus[" + std::to_string(i) + "]";
    corpus.push_back(call(here, one + ", 'key', a=" + one));
  }
  const char* given = std::getenv("TROUPE_FUZZ_SEED");
  std::mt19937 random{
      given == nullptr ? 11U : static_cast<unsigned>(std::atol(given))};
  for (int round = 0; round != 200'000; ++round) {
    const payload& original = corpus[random() % corpus.size()];
    if (original.size() > 4096) {
      continue;
    }
    payload changed;
    for (const auto& attachment : original.attachments()) {
      changed.attach(attachment);
    }
    std::vector<std::byte> bytes(original.data(),
                                 original.data() + original.size());
    for (unsigned n = random() % 4 + 1; n != 0; --n) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    bytes.resize(random() % 8 == 0 ? random() % bytes.size() : bytes.size());
    changed.append(bytes.data(), bytes.size());
    static_cast<void>(key_of_call(changed, std::size_t{1}));
    static_cast<void>(key_of_call(changed, std::string{"a"}));
    static_cast<void>(key_of_message(changed, std::size_t{0}));
    CHECK(preview_of_call(changed).size() < 2 * preview_length);
    CHECK(preview_of_message(changed).size() < 2 * preview_length);
  }
}

TEST_CASE("forged nesting takes neither the stack nor time") {
  payload nested;
  for (int i = 0; i != 100'000; ++i) {
    nested.append("\x12\x01", 2);  // a tuple of one
  }
  CHECK_FALSE(key_of_message(nested, std::size_t{0}));
  preview_of_message(nested);
}

TEST_CASE("a message in words is as Python would write it, cut short") {
  side here;
  here.exec(test::corpus_definitions);
  here.exec(more_of_the_corpus);
  const char* const texts[][2] = {
      {"1, 'a', b=None", "(1, 'a', b=None)"},
      {"", "()"},
      {"(1,), [2, 3.0], {'k': b'v'}", "((1,), [2, 3.0], {'k': b'v'})"},
      {"'it\\'s', '\\n\\xe4\\u20ac'", "('it\\'s', '\\x0a\\xe4\\u20ac')"},
      {"mod.Point(1, 2), 5", "(<Point>..."},
      {"mod.Pair(1, 2), mod.Colour.RED", "(Pair(1, 2), Colour.'RED')"},
      {"Blob(b'abc'), Ref(1)", "(<Blob of 3 bytes>, <Ref>)"},
      {"2**100", "(..."},
  };
  for (const auto& [arguments, expected] : texts) {
    CHECK(preview_of_call(call(here, arguments)) == expected);
  }
  const std::string cut = preview_of_call(call(here, "'x' * 5000"));
  CHECK(cut.size() < preview_length + 10);
  CHECK(cut.ends_with("x..."));
  CHECK(preview_of_message(here.encoded(here.eval("[1]").get())) == "[1]");
}

}  // TEST_SUITE("message keys")

}  // namespace
}  // namespace troupe
