# SPDX-License-Identifier: Apache-2.0
"""Functions and classes that are stages in the tests of pipelines."""

import os
import random

import troupe


def inc(x):
    return x + 1


def is_even(x):
    return x % 2 == 0


def twice(x):
    return (x, x)


def count_to(n):
    yield from range(n)


def last_digit(x):
    return x % 10


def itself(x):
    return x


def not_seven(x):
    if x == 7:
        raise ValueError("I don't like 7")
    return x


def not_seven_of_a_thousand(x):
    if x % 1000 == 7:
        raise ValueError(f"I don't like {x}")
    return x


def not_40_007(x):
    if x == 40_007:
        raise ValueError(f"I don't like {x}")
    return x


def seldom_fails(x):
    if random.random() < 0.0001:
        raise ValueError(f"I don't feel like {x}")
    return x


def leaves(x):
    raise SystemExit(3)


def spin(x):
    for _ in range(20):
        pass
    return x


def works_long(x):
    for _ in range(5000):
        pass
    return x


def padded(text):
    return f"{text:>2000}"


def plus(a, b):
    return a + b


def unsendable(x):
    return (i for i in ())


def hold(path):
    """Until somebody opens the pipe at `path` for writing."""
    with open(path, encoding="ascii") as pipe:
        pipe.read()
    return path


async def later(x):
    import asyncio

    await asyncio.sleep(0)
    return x * 2


class FailsAtFirst:
    """Fails on each item as often as it has been told."""

    def __init__(self, times):
        self._left = {}
        self._times = times

    def __call__(self, x):
        left = self._left.setdefault(x, self._times)
        self._left[x] = left - 1
        if left > 0:
            raise OSError(f"not yet, {left} more")
        return x


class Numbered:
    """Numbers what it gets, and notes its begin and end in a file."""

    def __init__(self, path):
        self._path = path

    def setup(self):
        self._note("setup")
        self.count = 0

    def __call__(self, x):
        self.count += 1
        return self.count, x

    def close(self):
        self._note(f"close after {self.count}")

    def _note(self, line):
        with open(self._path, "a", encoding="ascii") as file:
            file.write(line + "\n")


class Keeps(Numbered):
    """As Numbered, and a new one can go on where it was."""

    def __init__(self):
        super().__init__(os.devnull)

    def checkpoint(self):
        return self.count

    def restore(self, count):
        self.count = count


class SecondWaits:
    """The second one to begin waits until somebody writes to the pipe at `path`."""

    def __init__(self, path):
        self._path = path

    def setup(self):
        try:
            os.close(os.open(f"{self._path}.first", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            hold(self._path)

    def __call__(self, x):
        return x


def letters(count):
    return iter("abcdefghij"[:count])


def one(x):
    return 1


def ends_a_thousand(x):
    return x % 1000 == 999


def twenty_thousand(x):
    return range(20_000)


def kills_itself_at_seven(x):
    if x == 7:
        troupe.context.self.kill()
        while True:
            pass
    return x


_used = []


def fails_in_a_used_interpreter(x):
    _used.append(x)
    if len(_used) > 2:
        raise RuntimeError("used up")
    return x


class Giver:
    """Gives 0, 1, ..., three at a time."""

    def __init__(self, count):
        self._left = iter([list(range(n, min(n + 3, count))) for n in range(0, count, 3)])

    @troupe.handler
    def next_items(self):
        return next(self._left, None)


class Taker:
    def __init__(self):
        self._all = []

    def receive(self, item):
        self._all.append(item)

    @troupe.handler
    def take_items(self, items):
        self._all += items

    @troupe.handler
    def refuse(self, items):
        raise OverflowError("full up")

    @troupe.handler
    def all(self):
        return self._all


class Boss:
    """Runs pipelines in its handlers."""

    @troupe.handler
    def run(self, count):
        return troupe.Pipeline("inner").source(range(count)).map(inc).run().items

    @troupe.handler
    async def stream(self, count):
        return [x async for x in troupe.Pipeline("inner").source(range(count)).map(inc)]
