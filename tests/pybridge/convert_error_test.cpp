// SPDX-License-Identifier: Apache-2.0
// Exceptions, as parts of messages and as answers.
#include <doctest/doctest.h>

#include <string>

#include "pybridge/data/convert.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

constexpr const char* classes = R"py(
define('''
class TwoArguments(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")
        self.a, self.b = a, b
class Reducing(Exception):
    def __init__(self, *, code): self.code = code
    def __reduce__(self): return make_reducing, (self.code,)
class Noted(ValueError): pass
class Missing(KeyError, AttributeError): pass
class File(OSError):
    def __init__(self, path): super().__init__(2, "gone", path); self.path = path
class Group(ExceptionGroup):
    def derive(self, excs): return Group(self.message, excs)
def make_reducing(code): return Reducing(code=code)
def fail(depth=3):
    if depth: fail(depth - 1)
    raise TwoArguments(1, [2])
''')
def caught(do, *args):
    try: do(*args)
    except BaseException as error: return error
)py";

/// What an exception becomes that is sent as an answer.
py_ref answered(side& here, const std::string& expression) {
  const py_ref sent = here.eval(expression);
  payload content;
  encode_exception(here.types(), sent.get(), content);
  CHECK(PyErr_Occurred() == nullptr);
  py_ref got = py_ref::steal(decode_exception(here.types(), content));
  if (!got) {
    FAIL("decode_exception() raised " << side::take_error());
  }
  return got;
}

TEST_SUITE("convert: exceptions") {

TEST_CASE("exceptions of CPython's own arrive with all they hold") {
  side here;
  here.exec(classes);
  for (const std::string expression :
       {"ValueError()", "ValueError('x', 2)", "KeyError(1)", "SystemExit(3)",
        "KeyboardInterrupt()", "StopIteration(5)", "OSError(2, 'no', 'file')",
        "OSError(2, 'no', 'from', None, 'to')", "OSError('plain')",
        "FileNotFoundError(2, 'no')", "ImportError('no', name='n', path='p')",
        "UnicodeDecodeError('utf-8', b'xx', 0, 1, 'bad')",
        "UnicodeEncodeError('ascii', 'xx', 0, 1, 'bad')",
        "SyntaxError('bad', ('f.py', 1, 2, 'text', 1, 5))",
        "AttributeError('no', name='n', obj=5)", "NameError('n')",
        "BaseException(1)", "StopAsyncIteration()", "AssertionError()"}) {
    CAPTURE(expression);
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(
        here.holds("type(got) is type(sent) and got.args == sent.args and "
                   "str(got) == str(sent)",
                   sent.get(), got.get()));
    CHECK(here.holds(
        "all(getattr(got, n, 0) == getattr(sent, n, 0) for n in ('errno', "
        "'filename', 'filename2', 'code', 'value', 'name', 'path', 'start', "
        "'object', 'lineno', 'text', 'end_offset'))",
        sent.get(), got.get()));
  }
}

TEST_CASE("exceptions with an __init__ of their own need not fit their args") {
  side here;
  here.exec(classes);
  py_ref got =
      here.decoded(here.encoded(here.eval("mod.TwoArguments(1, [2])").get()));
  CHECK(
      here.holds("(got.a, got.b, str(got)) == (1, [2], '1 and [2]') and "
                 "type(got) is mod.TwoArguments",
                 nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("mod.Reducing(code=5)").get()));
  CHECK(here.holds("type(got) is mod.Reducing and got.code == 5", nullptr,
                   got.get()));
  got = here.decoded(here.encoded(here.eval("mod.File('/x')").get()));
  CHECK(here.holds("(got.errno, got.filename, got.path) == (2, '/x', '/x')",
                   nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("mod.Missing('k')").get()));
  CHECK(here.holds("got.args == ('k',) and type(got) is mod.Missing", nullptr,
                   got.get()));
}

TEST_CASE("notes, cause, context and attributes arrive") {
  side here;
  here.exec(classes);
  here.exec(R"py(
def chained():
    try:
        try: 1 / 0
        except ZeroDivisionError as inner:
            raise KeyError('k') from inner
    except KeyError:
        raise mod.Noted('outer')
error = caught(chained); error.add_note('a note'); error.extra = [1]
suppressed = caught(lambda: exec("try: 1/0\nexcept: raise ValueError from None"))
)py");
  py_ref got = here.decoded(here.encoded(here.eval("error").get()));
  CHECK(here.holds("got.__notes__ == ['a note'] and got.extra == [1]", nullptr,
                   got.get()));
  CHECK(here.holds("repr(got.__context__) == \"KeyError('k')\"", nullptr,
                   got.get()));
  CHECK(
      here.holds("type(got.__context__.__cause__) is ZeroDivisionError and "
                 "got.__context__.__suppress_context__",
                 nullptr, got.get()));
  CHECK(here.holds("got.__cause__ is None and not got.__suppress_context__",
                   nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("suppressed").get()));
  CHECK(
      here.holds("got.__suppress_context__ and type(got.__context__) is "
                 "ZeroDivisionError",
                 nullptr, got.get()));
}

TEST_CASE("a traceback inside a message arrives as text") {
  side here;
  here.exec(classes);
  here.exec("error = caught(mod.fail)");
  const py_ref got = here.decoded(here.encoded(here.eval("[error]").get()));
  CHECK(here.holds("got[0].__traceback__ is None", nullptr, got.get()));
  CHECK(
      here.holds("got[0].__remote_traceback__.startswith('Traceback (most') "
                 "and 'in fail' in got[0].__remote_traceback__",
                 nullptr, got.get()));
}

TEST_CASE("exception groups arrive with their exceptions") {
  side here;
  here.exec(classes);
  for (const std::string expression :
       {"ExceptionGroup('g', [ValueError(1), mod.TwoArguments(1, 2)])",
        "BaseExceptionGroup('g', [SystemExit(1)])",
        "mod.Group('g', [ExceptionGroup('h', [KeyError(2)])])"}) {
    CAPTURE(expression);
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(here.holds("type(got) is type(sent) and repr(got) == repr(sent)",
                     sent.get(), got.get()));
  }
}

TEST_CASE("an unsendable cause or context is left out, the rest arrives") {
  side here;
  here.exec(classes);
  here.exec(R"py(
def fail():
    class Local(Exception): pass
    try: raise Local(big)
    except Local as error: raise ValueError(big) from error
big = [1, 2]
error = caught(fail)
)py");
  const py_ref got =
      here.decoded(here.encoded(here.eval("[error, big]").get()));
  CHECK(
      here.holds("got[0].args == ([1, 2],) and got[0].__cause__ is None and "
                 "got[1] is got[0].args[0]",
                 nullptr, got.get()));
}

TEST_CASE("an answer is the same exception, its traceback is the cause") {
  side here;
  here.exec(classes);
  here.exec("error = caught(mod.fail); error.add_note('see the manual')");
  const py_ref got = answered(here, "error");
  CHECK(
      here.holds("type(got) is mod.TwoArguments and got.a == 1 and "
                 "got.__notes__ == ['see the manual']",
                 nullptr, got.get()));
  CHECK(here.holds("type(got.__cause__).__name__ == 'RemoteTraceback'", nullptr,
                   got.get()));
  for (const char* part : {"Traceback (most recent call last)", "in fail",
                           "TwoArguments: 1 and [2]", "see the manual"}) {
    CHECK(here.holds("'" + std::string{part} + "' in str(got.__cause__)",
                     nullptr, got.get()));
  }
  CHECK(here.holds("not hasattr(got, '__remote_traceback__')", nullptr,
                   got.get()));
}

TEST_CASE("an answer's own cause stays within reach") {
  side here;
  here.exec(classes);
  here.exec(R"py(
def fail():
    try: 1 / 0
    except ZeroDivisionError as error: raise ValueError('v') from error
)py");
  const py_ref got = answered(here, "caught(fail)");
  CHECK(here.holds("type(got.__context__) is ZeroDivisionError", nullptr,
                   got.get()));
  CHECK(here.holds("'direct cause' in str(got.__cause__)", nullptr, got.get()));
}

TEST_CASE("an answer that can't be sent becomes a RemoteError") {
  side here;
  here.exec(classes);
  here.exec(R"py(
def local():
    class Local(Exception): pass
    raise Local('text')
def unsendable():
    raise ValueError(lambda: 0)
def shy():
    class Shy(Exception):
        def __str__(self): raise RuntimeError
    raise Shy
def huge():
    class Huge(Exception): pass
    raise Huge('x' * 10_000_000)
)py");
  py_ref got = answered(here, "caught(local)");
  CHECK(
      here.holds("type(got).__name__ == 'RemoteError' and got.text == 'text' "
                 "and got.type_name.endswith('Local')",
                 nullptr, got.get()));
  CHECK(
      here.holds("'in local' in got.traceback and got.traceback in "
                 "str(got.__cause__)",
                 nullptr, got.get()));
  got = answered(here, "caught(unsendable)");
  CHECK(here.holds("got.type_name == 'ValueError'", nullptr, got.get()));
  got = answered(here, "caught(shy)");
  CHECK(here.holds("got.text == '<str() failed>'", nullptr, got.get()));
  got = answered(here, "caught(huge)");
  CHECK(here.holds("10_000 < len(got.text) < 1_000_000", nullptr, got.get()));
}

TEST_CASE("an answer whose class the receiver lacks becomes a RemoteError") {
  side here;
  here.exec(classes);
  const py_ref sent = here.eval("mod.TwoArguments(1, 2)");
  payload content;
  encode_exception(here.types(), sent.get(), content);
  here.exec("del mod.TwoArguments");
  side there;
  const py_ref got = py_ref::steal(decode_exception(there.types(), content));
  REQUIRE(got);
  CHECK(
      there.holds("type(got).__name__ == 'RemoteError' and got.type_name == "
                  "'mod.TwoArguments' and str(got) == "
                  "'mod.TwoArguments: 1 and 2'",
                  nullptr, got.get()));
}

TEST_CASE("an answer can be passed on, and a RemoteError sent") {
  side here;
  here.exec(classes);
  const py_ref first = answered(here, "caught(mod.fail)");
  payload content;
  encode_exception(here.types(), first.get(), content);
  const py_ref second = py_ref::steal(decode_exception(here.types(), content));
  REQUIRE(second);
  CHECK(
      here.holds("type(got) is mod.TwoArguments and 'in fail' in "
                 "str(got.__cause__)",
                 nullptr, second.get()));
  here.exec(
      "import troupe.errors as e; r = e.RemoteError('a.B', 'words', 'tb')");
  const py_ref got = here.decoded(here.encoded(here.eval("r").get()));
  CHECK(
      here.holds("(got.type_name, got.text, got.traceback, str(got)) == "
                 "('a.B', 'words', 'tb', 'a.B: words')",
                 nullptr, got.get()));
}

TEST_CASE("encode_exception() leaves no exception set") {
  side here;
  here.exec(classes);
  payload content;
  const py_ref sent = here.eval("caught(mod.fail)");
  PyErr_SetString(PyExc_KeyError, "unrelated");
  encode_exception(here.types(), sent.get(), content);
  CHECK(PyErr_Occurred() == nullptr);
  CHECK_FALSE(content.empty());
}

TEST_CASE("an empty answer says that memory was short") {
  side here;
  const py_ref got = py_ref::steal(decode_exception(here.types(), payload{}));
  REQUIRE(got);
  CHECK(here.holds("got.type_name == 'MemoryError'", nullptr, got.get()));
}

}  // TEST_SUITE("convert: exceptions")

}  // namespace
}  // namespace troupe
