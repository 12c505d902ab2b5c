// SPDX-License-Identifier: Apache-2.0
// Something of each kind that a message can hold.
#pragma once

namespace troupe::test {

/// Python code for side::exec(): makes a list, `corpus`. The members of what it
/// defines are harmless to call in any order with any arguments.
constexpr const char* corpus_definitions = R"py(
import collections, datetime, decimal, fractions, pathlib, uuid
define('''
import collections, dataclasses, enum
@dataclasses.dataclass
class Point:
    x: int
    y: object
@dataclasses.dataclass(slots=True)
class Slots:
    a: int
class Colour(enum.Flag):
    RED = 1
    BLUE = 2
Pair = collections.namedtuple("Pair", "a b")
class Custom:
    def __init__(self, *args): self.args = args
    def __reduce__(self): return Custom, self.args, {"s": 1}
class Oops(Exception): pass
''')
shared = [1, 2]
error = mod.Oops(1); error.__cause__ = ValueError('inner'); error.add_note('n')
corpus = [
    None, 5, -2**40, 2**200, 1.5, 1j, 'text', 'x' * 300, '\xe4', '\u20ac\ud800',
    '\U0001F600', b'bytes', bytearray(b'ba'), (1, 'a', None), [1, [2, [3]]],
    {'a': 1, 'b': {'c': [1.5]}}, {1, 'x'}, frozenset({2}), range(3), slice(1, 2),
    ..., NotImplemented, [shared, shared, (shared,)],
    datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
    datetime.time(1, 2), datetime.date(1, 2, 3), datetime.timedelta(5),
    datetime.timezone(datetime.timedelta(hours=1), 'n'), decimal.Decimal('1.5'),
    fractions.Fraction(1, 3), uuid.UUID(int=9), pathlib.PurePath('a/b'),
    mod.Point(1, [2]), mod.Slots(3), mod.Colour.RED, mod.Colour.RED | mod.Colour.BLUE,
    mod.Pair(1, 2), mod.Custom(1, [2]), mod.Point, error,
    ExceptionGroup('g', [ValueError(1), mod.Oops(2)]),
    collections.deque([1, 2]), collections.OrderedDict(a=1), collections.Counter('ab'),
    Blob(b'blob'), [Blob(b'0123')[1:3], Ref(3), Ref(4)],
    memoryview(b'abcd').cast('h'), memoryview(Blob(bytes(16))).cast('i', (2, 2)),
]
)py";

}  // namespace troupe::test
