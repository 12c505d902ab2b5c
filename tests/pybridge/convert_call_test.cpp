// SPDX-License-Identifier: Apache-2.0
// The arguments of calls.
#include "pybridge/data/convert.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

/// Arguments written as Python: positional ones, then named ones.
class arguments {
public:
  arguments(side& here, const std::string& positional, const std::string& named)
      : positional_{here.eval("(lambda *a: a)(" + positional + ")")},
        named_{here.eval("dict(" + named + ")")},
        names_{py_ref::steal(PySequence_Tuple(named_.get()))},
        values_{py_ref::steal(PyDict_Values(named_.get()))} {
    for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(positional_.get()); ++i) {
      all_.push_back(PyTuple_GET_ITEM(positional_.get(), i));
    }
    for (Py_ssize_t i = 0; i != PyList_GET_SIZE(values_.get()); ++i) {
      all_.push_back(PyList_GET_ITEM(values_.get(), i));
    }
  }

  payload encoded(type_cache& types) const {
    payload content;
    const bool none = PyTuple_GET_SIZE(names_.get()) == 0;
    const auto count =
        static_cast<std::size_t>(PyTuple_GET_SIZE(positional_.get()));
    REQUIRE(encode_call(types, all_.data(), count,
                        none ? nullptr : names_.get(), content));
    return content;
  }

private:
  py_ref positional_;
  py_ref named_;
  py_ref names_;
  py_ref values_;
  std::vector<PyObject*> all_;  // borrowed from the above
};

TEST_SUITE("convert: calls") {

TEST_CASE("a call arrives with its arguments in place") {
  side here;
  here.exec("def f(*args, **kwargs): return args, kwargs");
  const py_ref f = here.eval("f");
  const char* const calls[][2] = {
      {"", ""},
      {"1", ""},
      {"1, 'two', [3]", ""},
      {"", "a=1"},
      {"1", "a=2, b='three', c=[4]"},
      {"*range(50)", ""},
      {"*range(5)", "**{f'k{i}': i for i in range(40)}"},
      {"*range(8)", ""},
      {"*range(9)", ""},
  };
  for (const auto& [positional, named] : calls) {
    CAPTURE(std::string{positional});
    const payload content =
        arguments{here, positional, named}.encoded(here.types());
    decoded_call call;
    REQUIRE(decode_call(here.types(), content, call));
    const py_ref got = py_ref::steal(call.call(f.get()));
    REQUIRE(got);
    const py_ref expected = here.eval(
        "f(" + std::string{positional} +
        (*positional != '\0' && *named != '\0' ? ", " : "") + named + ")");
    CHECK(here.holds("got == sent", expected.get(), got.get()));
    CHECK(
        here.holds("list(got[1]) == list(sent[1])", expected.get(), got.get()));
  }
}

TEST_CASE("a decoded call can be used again for another") {
  side here;
  const payload large =
      arguments{here, "*range(100)", ""}.encoded(here.types());
  const payload small = arguments{here, "1, 2", "a=3"}.encoded(here.types());
  decoded_call call;
  REQUIRE(decode_call(here.types(), large, call));
  CHECK(call.nargs() == 100);
  REQUIRE(decode_call(here.types(), small, call));
  CHECK(call.nargs() == 2);
  CHECK(PyTuple_GET_SIZE(call.kwnames()) == 1);
  REQUIRE(decode_call(here.types(), large, call));
  CHECK(call.kwnames() == nullptr);
}

TEST_CASE("one object in two arguments arrives as one object") {
  side here;
  here.exec("x = [1]\ndef same(a, b, c): return a is b is c[0]");
  const payload content =
      arguments{here, "x, x", "c=[x]"}.encoded(here.types());
  decoded_call call;
  REQUIRE(decode_call(here.types(), content, call));
  CHECK(py_ref::steal(call.call(here.eval("same").get())).get() == Py_True);
}

TEST_CASE("a call that can't be decoded leaves nothing behind") {
  side here;
  payload content =
      arguments{here, "1, [2], 'three'", "a=[4]"}.encoded(here.types());
  for (std::size_t size = content.size(); size-- != 0;) {
    content.truncate(size);
    decoded_call call;
    CHECK_FALSE(decode_call(here.types(), content, call));
    CHECK(side::take_error().find("ValueError: corrupt message") == 0);
    CHECK(call.nargs() == 0);
    CHECK(call.kwnames() == nullptr);
  }
}

}  // TEST_SUITE("convert: calls")

}  // namespace
}  // namespace troupe
