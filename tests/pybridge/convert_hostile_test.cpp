// SPDX-License-Identifier: Apache-2.0
// User code that runs while a message is made or rebuilt, at its worst.
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

TEST_SUITE("convert: hostile code") {

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
  const py_ref bad = py_ref::steal(
      decode(here.types(), here.encoded(here.eval("mod.BadState()").get())));
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

}  // TEST_SUITE("convert: hostile code")

}  // namespace
}  // namespace troupe
