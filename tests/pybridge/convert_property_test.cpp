// SPDX-License-Identifier: Apache-2.0
// Whatever can be sent arrives equal, of the same type: values of all kinds,
// nested at random. TROUPE_FUZZ_SEED repeats a run.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "pybridge/data/convert.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

constexpr const char* generator = R"py(
import array, collections, datetime as dt, decimal, fractions, pathlib, random, uuid
define('''
import collections, dataclasses, enum
@dataclasses.dataclass
class Plain:
    a: object
    b: object = None
@dataclasses.dataclass(frozen=True, slots=True)
class Slots:
    a: object
class Ordinary:
    def __init__(self, **names): self.__dict__ = names
class Int(int): pass
class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"
class Mode(enum.Flag):
    R = 1
    W = 2
Pair = collections.namedtuple("Pair", "a b")
class Oops(Exception):
    def __init__(self, a): super().__init__(a, "more"); self.a = a
''')
r = random.Random(seed)

def text():
    alphabet = r.choice(['abc', 'a\xe9', 'x\u20ac', '\U0001F600z', '\ud800\udfff', '\x00'])
    return ''.join(r.choices(alphabet, k=r.choice([0, 1, 2, 7, 8, 9, 31, 32, 33, 200])))

def number(): return r.choice([-1, 1]) * r.getrandbits(r.choice([1, 7, 8, 15, 31, 32, 62, 63, 64, 65, 1000]))

def when():
    zone = r.choice([None, dt.timezone.utc, dt.timezone(dt.timedelta(minutes=r.randint(-900, 900)))])
    return dt.datetime(r.randint(1, 9999), r.randint(1, 12), r.randint(1, 28), r.randint(0, 23),
                       r.randint(0, 59), r.randint(0, 59), r.randint(0, 999999), zone, fold=r.randint(0, 1))

hashables = [
    lambda: None, lambda: True, lambda: False, number, number, text, text,
    lambda: r.choice([0.0, -0.0, float('inf'), r.random() * 10 ** r.randint(-300, 300)]),
    lambda: complex(r.random(), -r.random()), lambda: r.randbytes(r.choice([0, 1, 5, 300])),
    lambda: ..., lambda: NotImplemented, when, lambda: when().date(), lambda: when().timetz(),
    lambda: dt.timedelta(r.randint(-999999, 999999), r.randint(0, 86399), r.randint(0, 999999)),
    lambda: decimal.Decimal(r.randint(-10**20, 10**20)).scaleb(r.randint(-50, 50)),
    lambda: fractions.Fraction(r.randint(-999, 999), r.randint(1, 999)),
    lambda: uuid.UUID(int=r.getrandbits(128)),
    lambda: pathlib.PurePosixPath(*r.choices(['a', '..', '/', 'b.c'], k=r.randint(0, 4))),
    lambda: pathlib.PureWindowsPath('c:/', 'x'), lambda: r.choice(list(mod.Colour)),
    lambda: r.choice([mod.Mode(0), mod.Mode.R, mod.Mode.R | mod.Mode.W]), lambda: mod.Int(5),
    lambda: range(r.randint(-9, 9), r.randint(-9, 9), r.choice([-2, 1, 3])), lambda: Ref(r.randint(0, 99)),
    lambda: Blob(r.randbytes(r.randint(0, 50))), lambda: r.choice([int, mod.Plain, len, text]) and int,
]
old = []
def hashable(depth):
    if depth == 0 or r.random() < 0.7: return r.choice(hashables)()
    return r.choice([
        lambda: tuple(hashable(depth - 1) for _ in range(r.randint(0, 4))),
        lambda: frozenset(hashable(depth - 1) for _ in range(r.randint(0, 4))),
        lambda: mod.Pair(hashable(depth - 1), hashable(depth - 1)),
        lambda: mod.Slots(hashable(depth - 1)),
    ])()

def value(depth):
    if depth == 0 or r.random() < 0.3: return hashable(depth)
    if old and r.random() < 0.1: return r.choice(old)
    d = depth - 1
    x = r.choice([
        lambda: [value(d) for _ in range(r.randint(0, 5))],
        lambda: tuple(value(d) for _ in range(r.randint(0, 5))),
        lambda: {hashable(d): value(d) for _ in range(r.randint(0, 5))},
        lambda: {text(): value(d) for _ in range(r.randint(0, 5))},
        lambda: {hashable(d) for _ in range(r.randint(0, 5))},
        lambda: bytearray(r.randbytes(9)), lambda: slice(value(d), None, value(d)),
        lambda: mod.Plain(value(d), value(d)), lambda: mod.Ordinary(**{t: value(d) for t in 'xyz'}),
        lambda: mod.Pair(value(d), value(d)), lambda: mod.Oops(value(d)),
        lambda: ValueError(value(d), text()), lambda: ExceptionGroup('g', [mod.Oops(value(d)), KeyError(1)]),
        lambda: collections.deque([value(d)], maxlen=3), lambda: collections.OrderedDict(a=value(d)),
        lambda: collections.Counter('abca'), lambda: collections.defaultdict(list, {1: value(d)}),
        lambda: array.array('d', [r.random()]), lambda: memoryview(r.randbytes(8)).cast(r.choice('Bhiq')),
    ])()
    if r.random() < 0.2: old.append(x)
    return x

def message():
    old.clear()
    return value(r.randint(0, 6))

def same(a, b):
    """Equal all the way down, types included."""
    if type(a) is not type(b): return False
    if isinstance(a, (list, tuple, collections.deque)): return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict): return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items()))
    if isinstance(a, BaseException): return same(a.args, b.args) and same(vars(a), vars(b))
    if isinstance(a, (mod.Plain, mod.Ordinary)): return same(vars(a), vars(b))
    if isinstance(a, slice): return same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    if isinstance(a, (float, complex)): return repr(a) == repr(b)
    if isinstance(a, (dt.time, dt.datetime)): return a == b and a.fold == b.fold and a.utcoffset() == b.utcoffset()
    return a == b
)py";

TEST_SUITE("convert: properties") {

TEST_CASE("random values arrive equal, of the same type" *
          doctest::timeout(600)) {
  side here;
  const char* const chosen = std::getenv("TROUPE_FUZZ_SEED");
  const std::string seed = chosen == nullptr ? "20260504" : chosen;
  const char* const wanted = std::getenv("TROUPE_PROPERTY_ROUNDS");
  const int rounds = wanted == nullptr ? 5000 : std::atoi(wanted);
  MESSAGE("seed " << seed << ", " << rounds << " rounds");
  here.exec("seed = " + seed);
  here.exec(generator);
  for (int round = 0; round != rounds; ++round) {
    CAPTURE(round);
    const py_ref sent = here.eval("message()");
    const payload content = here.encoded(sent.get());
    const py_ref got = here.decoded(content);
    REQUIRE(here.holds("same(got, sent)", sent.get(), got.get()));
    // Sending it on is the same again.
    const payload again = here.encoded(got.get());
    REQUIRE(
        here.holds("same(got, sent)", sent.get(), here.decoded(again).get()));
  }
}

}  // TEST_SUITE("convert: properties")

}  // namespace
}  // namespace troupe
