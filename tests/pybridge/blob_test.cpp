// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/blob.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

bool is_true(side& here, const std::string& expression) {
  CAPTURE(expression);
  return here.holds(expression, nullptr, nullptr);
}

/// What an expression raises: "TypeError: text".
std::string raised(side& here, const std::string& expression) {
  const py_ref result = py_ref::steal(PyRun_String(
      expression.c_str(), Py_eval_input, here.names(), here.names()));
  CHECK_FALSE(result);
  return side::take_error();
}

TEST_SUITE("blob") {

TEST_CASE("a Blob reads like bytes") {
  side here;
  here.exec("b = Blob(b'abcdef')");
  for (const char* expression :
       {"len(b) == 6",
        "bytes(b) == b'abcdef'",
        "b[0] == 97 and b[-1] == 102",
        "b",
        "not Blob(b'')",
        "b == b'abcdef' and b'abcdef' == b",
        "b != b'abcdeg' and b != b'abc'",
        "b == bytearray(b'abcdef')",
        "b == Blob(b'abcdef') and b is not Blob(b'abcdef')",
        "b != 'abcdef'",
        "b != None",
        "hash(b) == hash(b'abcdef')",
        "{b: 1}[b'abcdef'] == 1",
        "repr(b) == '<troupe.Blob of 6 bytes>'",
        "list(b) == list(b'abcdef')",
        "97 in b and 0 not in b",
        "b'cd' in bytes(b)",
        "Blob(memoryview(b'abcdef')[::1]) == b",
        "Blob(bytearray(b'xyz')) == b'xyz'",
        "bytes(Blob(b)) == bytes(b)"}) {
    CHECK(is_true(here, expression));
  }
}

TEST_CASE("a Blob can't be written to, nor built from a str or a number") {
  side here;
  here.exec("b = Blob(b'abc')");
  CHECK(is_true(here, "memoryview(b).readonly"));
  CHECK(raised(here, "b.__setitem__(0, 1)").find("AttributeError") == 0);
  CHECK(raised(here, "memoryview(b).__setitem__(0, 1)").find("TypeError") == 0);
  CHECK(raised(here, "Blob('text')").find("TypeError") == 0);
  CHECK(raised(here, "Blob(5)").find("TypeError") == 0);
  CHECK(raised(here, "Blob()").find("TypeError") == 0);
  CHECK(raised(here, "b < b'x'").find("TypeError") == 0);
}

TEST_CASE("an index outside a Blob is an IndexError") {
  side here;
  here.exec("b = Blob(b'abc')");
  for (const char* expression : {"b[3]", "b[-4]", "b[2**70]", "Blob(b'')[0]"}) {
    CHECK(raised(here, expression).find("IndexError") == 0);
  }
  CHECK(raised(here, "b['a']").find("TypeError") == 0);
}

TEST_CASE("a slice of a Blob is a Blob of the same memory") {
  side here;
  here.exec("b = Blob(b'0123456789')");
  for (const char* expression :
       {"b[2:5] == b'234'", "b[:] == b", "b[-3:] == b'789'", "b[7:3] == b''",
        "b[2:8][1:3] == b'34'", "type(b[1:]) is Blob", "b[100:] == b''"}) {
    CHECK(is_true(here, expression));
  }
  const py_ref whole = here.eval("b");
  const py_ref part = here.eval("b[2:8][1:]");
  CHECK(part_of_blob(part.get()).buffer == part_of_blob(whole.get()).buffer);
  CHECK(part_of_blob(part.get()).offset == 3);
  CHECK(raised(here, "b[::2]")
            .find("ValueError: a Blob has no slices with a "
                  "step") == 0);
}

TEST_CASE("a view keeps the memory when the Blob is gone") {
  side here;
  here.exec("v = memoryview(Blob(bytes(100_000)))[5:10]");
  here.exec("import gc; gc.collect()");
  CHECK(is_true(here, "v == bytes(5)"));
}

TEST_CASE("a copy of something being changed is the Blob's own") {
  side here;
  here.exec("a = bytearray(b'abc'); b = Blob(a); a[0] = 0; a.append(1)");
  CHECK(is_true(here, "b == b'abc'"));
}

TEST_CASE("a file is mapped, not read") {
  side here;
  here.exec(R"py(
import os
folder = os.environ.get('TEST_TMPDIR', '/tmp')
path = f'{folder}/blob_test_{os.getpid()}'
with open(path, 'wb') as file: file.write(b'content of a file')
b = Blob.open(path)
)py");
  CHECK(is_true(here, "type(b) is Blob and b == b'content of a file'"));
  here.exec("os.unlink(path)");
  CHECK(is_true(here, "b[:7] == b'content'"));  // as long as it is mapped
  here.exec("open(path, 'w').close(); b = Blob.open(os.fsencode(path))");
  CHECK(is_true(here, "b == b''"));
  here.exec("os.unlink(path)");
}

TEST_CASE("a file that can't be mapped is an OSError that names it") {
  side here;
  const std::string missing = raised(here, "Blob.open('/no/such/file')");
  CHECK(missing ==
        "FileNotFoundError: [Errno 2] No such file or directory: "
        "'/no/such/file'");
  CHECK(raised(here, "Blob.open('/')").find("IsADirectoryError") == 0);
  CHECK(raised(here, "Blob.open('/dev/null')").find("OSError") == 0);
  CHECK(raised(here, "Blob.open('a\\0b')").find("ValueError") == 0);
  CHECK(raised(here, "Blob.open(5)").find("TypeError") == 0);
}

TEST_CASE("pickle and copy take a Blob by its content") {
  side here;
  here.exec("import copy, pickle, sys; sys.modules['troupe'].Blob = Blob");
  CHECK(is_true(here, "pickle.loads(pickle.dumps(Blob(b'abc'))) == b'abc'"));
  CHECK(is_true(here, "copy.deepcopy([Blob(b'abc')]) == [b'abc']"));
}

}  // TEST_SUITE("blob")

}  // namespace
}  // namespace troupe
