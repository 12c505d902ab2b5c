// SPDX-License-Identifier: Apache-2.0
// Blobs, views of memory and actor refs: what is shared instead of copied.
#include <doctest/doctest.h>

#include <string>

#include "pybridge/data/blob.hpp"
#include "pybridge/data/convert.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

TEST_SUITE("convert: sharing") {

TEST_CASE("a Blob arrives as the same memory") {
  side here;
  const py_ref sent = here.eval("Blob(b'shared data')");
  const payload content = here.encoded(sent.get());
  const py_ref got = here.decoded(content);
  CHECK(here.holds("type(got) is Blob and got == sent", sent.get(), got.get()));
  CHECK(part_of_blob(got.get()).buffer == part_of_blob(sent.get()).buffer);
  CHECK(content.size() < 8);
}

TEST_CASE("a part of a Blob arrives as that part, of the same memory") {
  side here;
  const py_ref sent = here.eval("Blob(b'0123456789')[3:7][1:]");
  const py_ref got = here.decoded(here.encoded(sent.get()));
  CHECK(here.holds("got == b'456'", nullptr, got.get()));
  CHECK(part_of_blob(got.get()).buffer == part_of_blob(sent.get()).buffer);
}

TEST_CASE("a Blob that appears often is attached once") {
  side here;
  here.exec("b = Blob(b'x' * 100)");
  const payload content = here.encoded(
      here.eval("[b, {'again': b}, b[1:], b[2:], Blob(b)] * 20").get());
  CHECK(content.attachments().size() == 1);
  const py_ref got = here.decoded(content);
  CHECK(here.holds("got == [b, {'again': b}, b[1:], b[2:], b] * 20", nullptr,
                   got.get()));
}

TEST_CASE("a Blob outlives its sender, the message and other receivers") {
  ref_ptr<shared_buffer> buffer;
  payload content;
  {
    side sender;
    content = sender.encoded(sender.eval("(Blob(b'abc'), Ref(1))").get());
  }
  side receiver;
  py_ref got = receiver.decoded(content);
  py_ref again = receiver.decoded(content);
  content.clear();
  again.reset();
  CHECK(receiver.holds("got[0] == b'abc' and got[1].id == 1", nullptr,
                       got.get()));
}

TEST_CASE("actor refs arrive, each attached once") {
  side here;
  here.exec("r = Ref(7)");
  const payload content =
      here.encoded(here.eval("[r, {'ref': r}, {r: 1}, (r, Ref(8))]").get());
  CHECK(content.attachments().size() == 2);
  const py_ref got = here.decoded(content);
  CHECK(here.holds("got == [r, {'ref': r}, {r: 1}, (r, Ref(8))]", nullptr,
                   got.get()));
}

TEST_CASE("refs and Blobs arrive inside any object") {
  side here;
  here.exec(R"py(
import collections, dataclasses, functools
define('''
import dataclasses
@dataclasses.dataclass
class Job:
    owner: object
    data: object
class Custom:
    def __init__(self, *parts): self.parts = parts
    def __reduce__(self): return Custom, self.parts
''')
)py");
  const py_ref got = here.decoded(here.encoded(
      here.eval("[mod.Job(Ref(1), Blob(b'a')), collections.deque([Ref(2)]),"
                " mod.Custom(Ref(3), Blob(b'b')), ValueError(Ref(4))]")
          .get()));
  CHECK(
      here.holds("(got[0].owner.id, got[1][0].id, got[2].parts[0].id,"
                 " got[3].args[0].id) == (1, 2, 3, 4)",
                 nullptr, got.get()));
  CHECK(here.holds("got[0].data == b'a' and got[2].parts[1] == b'b'", nullptr,
                   got.get()));
}

TEST_CASE("a view of a Blob is shared, with its shape") {
  side here;
  here.exec("b = Blob(bytes(range(48)))");
  for (const std::string expression :
       {"memoryview(b)", "memoryview(b)[8:24]", "memoryview(b).cast('d')",
        "memoryview(b).cast('i', (3, 4))", "memoryview(memoryview(b)[4:8])",
        "memoryview(b)[:0]", "memoryview(b[8:16])", "memoryview(b)[:1]"}) {
    CAPTURE(expression);
    const py_ref sent = here.eval(expression);
    const payload content = here.encoded(sent.get());
    CHECK(content.attachments().size() == 1);
    const py_ref got = here.decoded(content);
    CHECK(here.holds("type(got) is memoryview and got == sent and got.readonly",
                     sent.get(), got.get()));
    CHECK(here.holds("(got.format, got.shape) == (sent.format, sent.shape)",
                     sent.get(), got.get()));
    CHECK(PyMemoryView_GET_BUFFER(got.get())->buf ==
          PyMemoryView_GET_BUFFER(sent.get())->buf);
  }
}

TEST_CASE("a view of other memory arrives as a read-only copy") {
  side here;
  here.exec(
      "import array; a = array.array('i', range(6)); big = bytes(200000)");
  for (const std::string expression :
       {"memoryview(b'abc')", "memoryview(bytearray(b'abc'))[1:]",
        "memoryview(a)", "memoryview(a)[::2]", "memoryview(b'abcd')[::-1]",
        "memoryview(a).cast('B').cast('h', (2, 6))", "memoryview(b'')",
        "memoryview(big)", "memoryview(big)[::2]",
        "memoryview(Blob(b'abcdef'))[::2]", "memoryview(b'abcd').cast('i', ())",
        "memoryview(array.array('d'))"}) {
    CAPTURE(expression);
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(
        here.holds("got == sent and got.readonly and got.tolist() == "
                   "sent.tolist()",
                   sent.get(), got.get()));
    CHECK(here.holds("(got.format, got.shape) == (sent.format, sent.shape)",
                     sent.get(), got.get()));
  }
}

TEST_CASE("a view of things that are not numbers is refused") {
  side here;
  here.exec(R"py(
import ctypes
class Pair(ctypes.Structure): _fields_ = [('a', ctypes.c_int)]
released = memoryview(b''); released.release()
)py");
  CHECK(here.refusal("[memoryview((Pair * 2)())]")
            .find("TypeError: message[0]: memoryview can't be sent") == 0);
  CHECK(here.refusal("released").find("TypeError: message: memoryview") == 0);
}

TEST_CASE("a PickleBuffer travels out of band") {
  side here;
  here.exec(R"py(
import pickle
define('''
import pickle
class Grid:  # what numpy's arrays do
    def __init__(self, data): self.data = data
    def __reduce_ex__(self, protocol):
        assert protocol == 5
        return Grid, (pickle.PickleBuffer(self.data),)
''')
small = bytearray(b'abc'); large = bytearray(200_000)
)py");
  const auto check = [&](const std::string& data, const char* expected,
                         std::size_t attachments) {
    CAPTURE(data);
    const py_ref sent = here.eval("mod.Grid(" + data + ")");
    const payload content = here.encoded(sent.get());
    CHECK(content.attachments().size() == attachments);
    CHECK(content.size() < 300);
    const py_ref got = here.decoded(content);
    CHECK(here.holds(
        std::string{"got.data == sent.data and type(got.data) is "} + expected,
        sent.get(), got.get()));
  };
  check("small", "bytearray", 0);
  check("large", "bytearray", 1);
  check("bytes(small)", "memoryview", 0);
  check("bytes(large)", "memoryview", 1);
  check("Blob(large)", "memoryview", 1);
  check("memoryview(Blob(large))", "memoryview", 1);
}

}  // TEST_SUITE("convert: sharing")

}  // namespace
}  // namespace troupe
