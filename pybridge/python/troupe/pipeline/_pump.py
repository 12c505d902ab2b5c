# SPDX-License-Identifier: Apache-2.0
"""Threads for what may block: sources and sinks of the caller's process."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

CHUNK = 512  # items handed over at a time, if nobody waits for them


class Pump(threading.Thread):
    """Iterates over a source, as far ahead as there is room.

    While the pipeline is busy, items are handed over in chunks. While it waits
    (`hungry`), each is, at once; and what has gathered before that it takes for
    itself. So nothing is held back, and no clock is needed.
    """

    def __init__(self, source: Iterable[Any], tell: Callable[[], None]) -> None:
        super().__init__(name="troupe-pipeline-source", daemon=True)
        self._source = source
        self._tell = tell
        self._changed = threading.Condition()
        self._chunks: deque[list[Any]] = deque()
        self._current: list[Any] = []  # the pump appends, take() may empty it
        self._ahead = 0
        self._room = 1
        self._most = 1
        self.hungry = True
        self.stopped = False
        self.done = False
        self.count = 0
        self.error: BaseException | None = None

    def take(self, room: int) -> list[list[Any]]:
        """What has come; `room` is for how many more there is room."""
        with self._changed:
            chunks = list(self._chunks)
            self._chunks.clear()
            self._ahead, self._room = 0, max(0, room)
            self._most = min(CHUNK, max(1, room))
            if not chunks and room > 0:
                # First the flag, then the look: the pump does it the other way
                # round, so one of the two sees an item that comes just now.
                self.hungry = True
                gathered = self._current[:]
                del self._current[: len(gathered)]
                chunks = [gathered] if gathered else []
            self._changed.notify()
        self.count += sum(map(len, chunks))
        return chunks

    def stop(self) -> None:
        """The source is asked for nothing more; it may still be at its next item."""
        self.stopped = self.hungry = True
        with self._changed:
            self._changed.notify()
        stop = getattr(self._source, "stop", None)
        if stop is not None and not self.done:
            stop()

    def run(self) -> None:
        try:
            self._iterate(iter(self._source))
        except BaseException as error:
            self.error = error
        finally:
            self._hand_over(last=True)
            self.done = True
            self._tell()

    def _iterate(self, iterator: Iterator[Any]) -> None:
        chunk = self._current
        try:
            for item in iterator:
                chunk.append(item)
                if self.hungry or len(chunk) >= self._most:
                    self._hand_over()
                    chunk = self._current
                    if self.stopped:
                        break
        finally:
            if self.stopped and hasattr(iterator, "close"):
                iterator.close()

    def _hand_over(self, last: bool = False) -> None:
        with self._changed:
            if self._current:
                self._chunks.append(self._current)
                self._ahead += len(self._current)
                self._current = []
            self.hungry = False
        self._tell()
        with self._changed:
            while self._ahead >= self._room and not (self.stopped or last):
                self._changed.wait()


class Writer(threading.Thread):
    """Gives a sink its items, some at a time."""

    def __init__(self, sink: Any, tell: Callable[[], None]) -> None:
        super().__init__(name="troupe-pipeline-sink", daemon=True)
        self._sink = sink
        self._tell = tell
        self._changed = threading.Condition()
        self._items: Sequence[Any] | None = None
        self._ended = False
        self.busy = False
        self.done = False
        self.error: BaseException | None = None

    def give(self, items: Sequence[Any]) -> None:
        """Not while it is busy."""
        with self._changed:
            self._items, self.busy = items, True
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def run(self) -> None:
        try:
            self._write_all()
        except BaseException as error:
            self.error = error
        finally:
            self.done, self.busy = True, False
            self._tell()

    def _write_all(self) -> None:
        try:
            if hasattr(self._sink, "open"):
                self._sink.open()
            while (items := self._next()) is not None:
                self._sink.write(items)
                self.busy = False
                self._tell()
        finally:
            if hasattr(self._sink, "close"):
                self._sink.close()

    def _next(self) -> Sequence[Any] | None:
        with self._changed:
            while self._items is None and not self._ended:
                self._changed.wait()
            items, self._items = self._items, None
        return items
