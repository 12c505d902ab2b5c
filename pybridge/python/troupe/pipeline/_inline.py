# SPDX-License-Identifier: Apache-2.0
"""Nodes that only regroup items: they run on the runner's thread."""

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from troupe.pipeline._node import Node

if TYPE_CHECKING:
    from troupe.pipeline._runner import Runner

PART = 4096


class Inline(Node):
    """Takes what is there while there is room behind it."""

    def work(self) -> bool:
        if self.over:
            return False
        moved = False
        while self.ins[0].size and self.room > 0:
            self.pass_on()
            moved = True
        if self.ins[0].ended:
            if self.runner.error is None:
                self.flush()
            self.end()
            return True
        return moved

    def pass_on(self) -> None:
        """Handles some items; there are some, and there is room."""
        raise NotImplementedError

    def flush(self) -> None:
        """After the last item."""


class Broadcast(Inline):
    """All items to each branch."""

    def pass_on(self) -> None:
        self.emit(self.take(self.ins[0], PART))


class Balance(Inline):
    """Each item to the branch that has most room for it."""

    @property
    def room(self) -> int:
        return max(edge.room for edge in self.outs)

    def pass_on(self) -> None:
        edge = max(self.outs, key=lambda out: out.room)
        items = self.take(self.ins[0], max(1, min(edge.room, PART) // 2))
        self.stats.out += len(items)
        edge.put(items)


class Batches(Inline):
    """Lists of `size` items; after `timeout` seconds, of what there is."""

    def __init__(
        self, runner: "Runner", name: str, size: int, timeout: float | None
    ) -> None:
        super().__init__(runner, name)
        self._size, self._timeout = size, timeout
        self._held: list[Any] = []
        self._number = 0

    def pass_on(self) -> None:
        if not self._held and self._timeout is not None:
            self._set_timer(self._timeout)
        self._held += self.take(self.ins[0], self._size - len(self._held))
        if len(self._held) >= self._size:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self.emit([self._held])
            self._held = []
            self._number += 1

    def _set_timer(self, timeout: float) -> None:
        number = self._number

        def over() -> None:
            if self._number == number and not self.over:
                self.flush()

        self.runner.events.call_at(monotonic() + timeout, over)


class CountWindows(Inline):
    """Lists of `size` items, one every `slide` items: they overlap or leave gaps."""

    def __init__(self, runner: "Runner", name: str, size: int, slide: int) -> None:
        super().__init__(runner, name)
        self._size, self._slide = size, slide
        self._last: deque[Any] = deque(maxlen=size)
        self._missing = size  # items until the next window
        self._news = False

    def pass_on(self) -> None:
        items = self.take(self.ins[0], self._missing)
        self._last.extend(items)
        self._missing -= len(items)
        self._news = True
        if not self._missing:
            self.emit([list(self._last)])
            self._missing, self._news = self._slide, False

    def flush(self) -> None:
        fresh = self._size - self._missing  # what the next window has of its items
        if self._news and fresh > 0:
            self.emit([list(self._last)[-fresh:]])


class TimeWindows(Inline):
    """Lists of what has come within `seconds`, one after the other."""

    def __init__(self, runner: "Runner", name: str, seconds: float) -> None:
        super().__init__(runner, name)
        self._seconds = seconds
        self._held: list[Any] = []
        self._end: float | None = None

    def pass_on(self) -> None:
        if self._end is None:
            self._end = monotonic() + self._seconds
            self.runner.events.call_at(self._end, self._over)
        self._held += self.take(self.ins[0], PART)

    @property
    def room(self) -> int:
        return min(super().room, 1_000_000 - len(self._held))

    def flush(self) -> None:
        if self._held:
            self.emit([self._held])
            self._held = []

    def _over(self) -> None:
        if not self.over and self._end is not None:
            self.flush()
            self._end += self._seconds
            self.runner.events.call_at(self._end, self._over)


class Zip(Node):
    """Tuples of one item of each input; ends with the shortest."""

    def work(self) -> bool:
        if self.over:
            return False
        moved = False
        while (count := min(edge.size for edge in self.ins)) and self.room > 0:
            most = min(count, PART)
            rows = zip(*(self.take(edge, most) for edge in self.ins))
            self.emit(list(rows))
            moved = True
        if any(edge.ended for edge in self.ins):
            self.cut()
            return True
        return moved


class Take(Inline):
    """The first `count` items; what is before it may end then."""

    def __init__(self, runner: "Runner", name: str, count: int) -> None:
        super().__init__(runner, name)
        self._missing = count

    def work(self) -> bool:
        if not self._missing and not self.over:
            self.cut()
            return True
        return super().work()

    def pass_on(self) -> None:
        items = self.take(self.ins[0], min(self._missing, PART))
        self._missing -= len(items)
        self.emit(items)
        if not self._missing:
            self.cut()


class RateLimit(Inline):
    """So many items a second, evenly; a pause is made up for by a tenth of a second."""

    def __init__(self, runner: "Runner", name: str, per_second: float) -> None:
        super().__init__(runner, name)
        self._rate = per_second
        self._burst = max(1.0, per_second / 10)
        self._allowed, self._then = 1.0, monotonic()
        self._waits = False

    @property
    def room(self) -> int:
        now = monotonic()
        earned = (now - self._then) * self._rate
        self._allowed, self._then = min(self._burst, self._allowed + earned), now
        if self._allowed < 1.0:
            self._wait(now)
            return 0
        return min(super().room, int(self._allowed))

    def pass_on(self) -> None:
        items = self.take(self.ins[0], max(1, int(self._allowed)))
        self._allowed -= len(items)
        self.emit(items)

    def _wait(self, now: float) -> None:
        if not self._waits:
            self._waits = True
            want = min(self._burst, max(1.0, self._rate / 200))
            when = now + (want - self._allowed) / self._rate
            self.runner.events.call_at(when, self._over)

    def _over(self) -> None:
        self._waits = False
