// SPDX-License-Identifier: Apache-2.0
// Cycles, depth and size.
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

TEST_SUITE("convert: limits") {

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
  for (const char* make :
       {"lambda x: [x]", "lambda x: (x,)", "lambda x: {'key': x}",
        "lambda x: collections.deque([x])"}) {
    CAPTURE(std::string{make});
    const std::string call = ", " + std::string{make} + ")";
    const std::string error = here.refusal("nest(100_000" + call);
    CHECK(contains(error,
                   "RecursionError: message is nested more than 1000 "
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
  CHECK(contains(here.refusal("mod.Endless()"),
                 "RecursionError: message is "
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
  CHECK(
      contains(side::take_error(), "ValueError: message is at least 2147483"));
}

}  // TEST_SUITE("convert: limits")

}  // namespace
}  // namespace troupe
