// SPDX-License-Identifier: Apache-2.0
// From the main interpreter to one with a GIL of its own, and back.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::own_gil_interpreter;
using test::side;

constexpr const char* definitions = R"py(
import collections, datetime, decimal, pathlib, uuid
define('''
import collections, dataclasses, enum
@dataclasses.dataclass
class Point:
    x: int
    y: object
class Colour(enum.Enum):
    RED = 1
Pair = collections.namedtuple("Pair", "a b")
class Oops(Exception):
    def __init__(self, a, b): super().__init__(a); self.b = b
''')
message = {
    'atoms': (None, True, 7, -2**70, 1.5, 'text', '\u20ac', b'bytes'),
    'containers': [[1, 2], {3}, frozenset({4}), bytearray(b'5'), range(6)],
    'types': [datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
              decimal.Decimal('1.5'), uuid.UUID(int=5), pathlib.Path('/a')],
    'classes': [mod.Point(1, [2]), mod.Colour.RED, mod.Pair(1, 2), mod.Point],
    'shared': [Blob(b'blob'), memoryview(Blob(b'view')), Ref(5)],
    'rest': [collections.Counter('aab'), collections.deque([1])],
}
)py";

TEST_SUITE("convert: interpreters") {

TEST_CASE("every kind of value crosses to an own-GIL interpreter and back") {
  side here;
  here.exec(definitions);
  const py_ref sent = here.eval("message");
  const payload there_and = here.encoded(sent.get());
  payload back;
  {
    const own_gil_interpreter other;
    side there;
    there.exec(definitions);
    const py_ref got = there.decoded(there_and);
    CHECK(there.holds("got == message", nullptr, got.get()));
    back = there.encoded(got.get());
  }
  const py_ref got = here.decoded(back);
  CHECK(here.holds("got == message", nullptr, got.get()));
}

TEST_CASE("what an interpreter sent can be read when it is gone") {
  payload content;
  {
    const own_gil_interpreter other;
    side there;
    there.exec(definitions);
    content = there.encoded(there.eval("message").get());
  }
  side here;
  here.exec(definitions);
  const py_ref got = here.decoded(content);
  CHECK(here.holds("got == message", nullptr, got.get()));
}

TEST_CASE("an exception crosses with its class and its traceback") {
  payload content;
  {
    const own_gil_interpreter other;
    side there;
    there.exec(definitions);
    there.exec(
        "def fail(): raise mod.Oops(1, [2])\n"
        "try: fail()\nexcept mod.Oops as e: error = e");
    encode_exception(there.types(), there.eval("error").get(), content);
  }
  side here;
  here.exec(definitions);
  const py_ref got = py_ref::steal(decode_exception(here.types(), content));
  REQUIRE(got);
  CHECK(
      here.holds("type(got) is mod.Oops and got.b == [2] and "
                 "'in fail' in str(got.__cause__)",
                 nullptr, got.get()));
}

TEST_CASE("nothing is imported before it is needed") {
  const own_gil_interpreter other;
  side there;
  there.exec(R"py(
heavy = 'datetime decimal fractions uuid pathlib enum dataclasses pickle re traceback'.split()
loaded = [name for name in heavy if name in sys.modules]
)py");
  const py_ref got = there.decoded(
      there.encoded(there.eval("{'a': [1, 'x', Blob(b''), Ref(1)]}").get()));
  CHECK(there.holds("[n for n in heavy if n in sys.modules] == loaded", nullptr,
                    got.get()));
}

TEST_CASE("two interpreters at once share a Blob and a message's classes" *
          doctest::timeout(120)) {
  side here;
  here.exec(definitions);
  const payload content = here.encoded(here.eval("message").get());
  PyThreadState* const main = PyEval_SaveThread();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i != 2; ++i) {
    threads.emplace_back([&] {
      PyThreadState* own = nullptr;
      PyInterpreterConfig config{};
      config.allow_threads = 1;
      config.check_multi_interp_extensions = 1;
      config.gil = PyInterpreterConfig_OWN_GIL;
      PyGILState_STATE gil = PyGILState_Ensure();
      PyThreadState* const mine = PyThreadState_Get();
      Py_NewInterpreterFromConfig(&own, &config);
      {
        side there;
        there.exec(definitions);
        for (int round = 0; round != 200; ++round) {
          const py_ref got = there.decoded(content);
          const payload again = there.encoded(got.get());
          good += there.holds("got == message", nullptr,
                              there.decoded(again).get());
        }
      }
      Py_EndInterpreter(own);
      PyEval_RestoreThread(mine);
      PyGILState_Release(gil);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  PyEval_RestoreThread(main);
  CHECK(good == 400);
}

}  // TEST_SUITE("convert: interpreters")

}  // namespace
}  // namespace troupe
