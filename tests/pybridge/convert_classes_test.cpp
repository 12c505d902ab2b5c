// SPDX-License-Identifier: Apache-2.0
// Classes, and objects of classes that users write: enums, named tuples,
// dataclasses, ordinary classes, whatever pickle knows how to take apart.
#include "pybridge/data/convert.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/pybridge/python_fixture.hpp"
#include "tests/pybridge/round_trip.hpp"

namespace troupe {
namespace {

using test::check_round_trip;
using test::side;

TEST_SUITE("convert: classes") {

TEST_CASE("an enum member arrives as the receiver's own member") {
  side here;
  here.exec(R"py(
define('''
import enum
class Colour(enum.Enum):
    RED = 1
    GREEN = [1, 2]
    VERDE = GREEN
class Level(enum.IntEnum):
    LOW = 1
class Name(str, enum.Enum):
    ADA = "ada"
class Mode(enum.Flag):
    R = 4
    W = 2
    X = 1
class Bits(enum.IntFlag):
    A = 1
    B = 2
class Odd(enum.Enum):
    name = 1
    value = 2
class Outer:
    class Inner(enum.Enum):
        ONE = object()
''')
import signal
)py");
  for (const char* expression :
       {"mod.Colour.RED", "mod.Colour.GREEN", "mod.Colour.VERDE",
        "mod.Level.LOW", "mod.Name.ADA", "mod.Mode.R",
        "mod.Mode.R | mod.Mode.X", "mod.Mode(0)", "mod.Odd.name",
        "mod.Odd.value", "mod.Bits.A | mod.Bits.B", "mod.Bits(64)",
        "mod.Outer.Inner.ONE", "signal.SIGTERM", "signal.Signals.SIGINT"}) {
    CAPTURE(std::string{expression});
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(here.holds("got is sent", sent.get(), got.get()));
  }
}

TEST_CASE("named tuples keep their class, with and without a subclass") {
  side here;
  here.exec(R"py(
define('''
import collections, typing
Point = collections.namedtuple("Point", "x y")
class Typed(typing.NamedTuple):
    a: int
    b: str = "b"
class Roomy(Point):  # has a __dict__
    pass
class Strict(Point):
    __slots__ = ()
    def __new__(cls, x, y):
        raise RuntimeError("not to be called")
''')
roomy = mod.Roomy(1, 2); roomy.extra = 3
strict = tuple.__new__(mod.Strict, (1, 2))
import time
)py");
  for (const char* expression :
       {"mod.Point(1, [2])", "mod.Typed(1)", "mod.Typed(mod.Typed(1), 'x')",
        "roomy", "time.gmtime(0)"}) {
    check_round_trip(here, expression);
  }
  const py_ref got = here.decoded(here.encoded(here.eval("roomy").get()));
  CHECK(here.holds("got.extra == 3", nullptr, got.get()));
  CHECK(here.refusal("mod.Typed(1, open)") == "");
}

TEST_CASE("a dataclass is rebuilt without calling its __init__") {
  side here;
  here.exec(R"py(
define('''
from dataclasses import dataclass, field
calls = []
@dataclass
class Plain:
    x: int
    y: list = field(default_factory=list)
    z: int = field(init=False, default=7)
    def __post_init__(self): calls.append(self)
@dataclass(frozen=True)
class Frozen:
    a: object
@dataclass(slots=True)
class Slots:
    a: int
    b: str = "b"
@dataclass(frozen=True, slots=True)
class FrozenSlots:
    a: int
    b: tuple = ()
@dataclass
class Child(Plain):
    w: float = 0.5
@dataclass(slots=True)
class SlotsChild(Slots):
    c: int = 3
@dataclass
class Mixed(Slots):  # slots of the base, a __dict__ of its own
    d: int = 4
@dataclass
class WithProperty:
    _size: int
    @property
    def size(self): return self._size
    @size.setter
    def size(self, value): raise RuntimeError("not to be called")
class Container:
    @dataclass
    class Nested:
        x: int
''')
sent_plain = mod.Plain(1, [2]); sent_plain.z = 9; sent_plain.extra = 'kept'
mod.calls.clear()
)py");
  for (const char* expression :
       {"sent_plain", "mod.Frozen((1, 2))", "mod.Slots(1)",
        "mod.FrozenSlots(1, (2,))", "mod.SlotsChild(1, 'x', 5)",
        "mod.Mixed(1, 'x', 6)", "mod.WithProperty(3)",
        "mod.Container.Nested(1)", "[mod.Slots(i) for i in range(5)]"}) {
    check_round_trip(here, expression);
  }
  const py_ref got = here.decoded(here.encoded(here.eval("sent_plain").get()));
  CHECK(here.holds("got.__dict__ == sent_plain.__dict__", nullptr, got.get()));
  CHECK(here.holds("mod.calls == []", nullptr, nullptr));
  here.exec("child = mod.Child(1)");
  check_round_trip(here, "child");
}

TEST_CASE("an instance of an ordinary class arrives with its attributes") {
  side here;
  here.exec(R"py(
define('''
class Thing:
    def __eq__(self, other): return self.__dict__ == other.__dict__
    def __repr__(self): return f"Thing({self.__dict__})"
class Slotted:
    __slots__ = ("a", "__b")
    def __init__(self): self.a = 1
    def put(self, b): self.__b = b
    def get(self): return self.__b
class Described:
    @property
    def x(self): return 1
    def __eq__(self, other): return self.__dict__ == other.__dict__
''')
thing = mod.Thing(); thing.a = 1; thing.b = [thing.a, 'x']
thing.__dict__['odd name'] = 2; thing.__dict__['__class__'] = 'mine'
described = mod.Described(); described.__dict__['x'] = 5
slotted = mod.Slotted(); slotted.put('b')
)py");
  check_round_trip(here, "thing");
  py_ref got = here.decoded(here.encoded(here.eval("described").get()));
  CHECK(here.holds("got == described and type(got) is mod.Described", nullptr,
                   got.get()));
  got = here.decoded(here.encoded(here.eval("slotted").get()));
  CHECK(here.holds("(got.a, got.get()) == (1, 'b')", nullptr, got.get()));
  here.exec("del slotted.a");
  got = here.decoded(here.encoded(here.eval("slotted").get()));
  CHECK(here.holds("not hasattr(got, 'a')", nullptr, got.get()));
}

TEST_CASE("classes and functions go by name") {
  side here;
  here.exec(R"py(
define('''
import abc
def function(): pass
class Outer:
    class Inner: pass
    def method(self): pass
class Abstract(abc.ABC): pass
''')
import types
)py");
  for (const char* expression :
       {"int", "mod.function", "mod.Outer", "mod.Outer.Inner",
        "mod.Outer.method", "mod.Abstract", "len", "type", "type(None)",
        "type(...)", "type(NotImplemented)", "ValueError", "print",
        "types.SimpleNamespace"}) {
    CAPTURE(std::string{expression});
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(here.holds("got is sent", sent.get(), got.get()));
  }
  for (const char* expression : {"'abc'.upper", "int.from_bytes", "str.upper",
                                 "[1, 2].count", "list[int]", "int | None"}) {
    CAPTURE(std::string{expression});
    const py_ref sent = here.eval(expression);
    const py_ref got = here.decoded(here.encoded(sent.get()));
    CHECK(
        here.holds("repr(got).split(' at ')[0] == repr(sent).split(' at ')[0]",
                   sent.get(), got.get()));
  }
}

TEST_CASE("everything else goes by the protocol that pickle uses") {
  side here;
  here.exec(R"py(
import array, collections, functools, re, types, fractions, io, itertools
define('''
class Int(int): pass
class Text(str):
    def __eq__(self, other): return str(self) == str(other) and self.note == other.note
    __hash__ = str.__hash__
class List(list): pass
class Dict(dict): pass
class Custom:
    def __init__(self, a): self.a = a
    def __reduce__(self): return Custom, (self.a,), None
    def __eq__(self, other): return self.a == other.a
    def __repr__(self): return f"Custom({self.a!r})"
class Stateful:
    def __init__(self): self.x = 1; self.cache = lambda: 0
    def __getstate__(self): return {"x": self.x}
    def __setstate__(self, state): self.x = state["x"]; self.restored = True
    def __eq__(self, other): return self.x == other.x
    def __repr__(self): return "Stateful"
class Args:
    def __new__(cls, a, *, b):
        self = object.__new__(cls); self.a, self.b = a, b
        return self
    def __getnewargs_ex__(self): return (self.a,), {"b": self.b}
    def __eq__(self, other): return (self.a, self.b) == (other.a, other.b)
    def __repr__(self): return f"Args({self.a}, b={self.b})"
def make(x): return x
class Setter:
    def __reduce__(self): return make, (types_Namespace(),), 5, None, None, set_it
    def __eq__(self, other): return True
from types import SimpleNamespace as types_Namespace
def set_it(object, state): object.value = state
''')
text = mod.Text('t'); text.note = 'n'
)py");
  for (const char* expression :
       {"mod.Int(5)", "text", "mod.List([1, 2])", "mod.Dict(a=1)",
        "collections.OrderedDict(a=1, b=2)", "collections.Counter('hello')",
        "collections.defaultdict(list, {'a': [1]})",
        "collections.deque([1, 2, 3], maxlen=5)",
        "collections.ChainMap({'a': 1})", "array.array('d', [1.5, 2.5])",
        "re.compile('a+', re.I)", "types.SimpleNamespace(a=1, b=[2])",
        "mod.Custom([1])", "mod.Stateful()", "mod.Args(1, b=2)",
        "frozenset({mod.Int(3)})", "{mod.Int(3): mod.Int(4)}"}) {
    const py_ref got = check_round_trip(here, expression);
  }
  py_ref got = here.decoded(here.encoded(here.eval("mod.Stateful()").get()));
  CHECK(here.holds("got.restored", nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("mod.Setter()").get()));
  CHECK(here.holds("got.value == 5", nullptr, got.get()));
  got = here.decoded(
      here.encoded(here.eval("functools.partial(int, base=2)").get()));
  CHECK(here.holds("got('101') == 5", nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("io.StringIO('abc')").get()));
  CHECK(here.holds("got.getvalue() == 'abc'", nullptr, got.get()));
  got = here.decoded(here.encoded(here.eval("iter([1, 2, 3])").get()));
  CHECK(here.holds("list(got) == [1, 2, 3]", nullptr, got.get()));
}

TEST_CASE("a reducer that copyreg knows is used") {
  side here;
  here.exec(R"py(
define('''
class Handle:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return self.n == other.n
    def __repr__(self): return f"Handle({self.n})"
def reduce_handle(h): return make_handle, (h.n + 1,)
def make_handle(n): return Handle(n - 1)
''')
import copyreg
copyreg.pickle(mod.Handle, mod.reduce_handle)
)py");
  check_round_trip(here, "mod.Handle(5)");
  here.exec("del copyreg.dispatch_table[mod.Handle]");
}

TEST_CASE("an object that appears twice arrives as one object") {
  side here;
  here.exec(R"py(
define('''
class Node:
    pass
''')
import collections
node = mod.Node(); node.name = 'n'; queue = collections.deque([1])
)py");
  const py_ref got = here.decoded(
      here.encoded(here.eval("[node, node, queue, {'q': queue}]").get()));
  CHECK(here.holds("got[0] is got[1] and got[2] is got[3]['q']", nullptr,
                   got.get()));
}

}  // TEST_SUITE("convert: classes")

}  // namespace
}  // namespace troupe
