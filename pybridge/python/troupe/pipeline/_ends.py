# SPDX-License-Identifier: Apache-2.0
"""The nodes at the ends of a pipeline: sources and sinks."""

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from troupe.pipeline._errors import PipelineError, StageError
from troupe.pipeline._functions import shown
from troupe.pipeline._node import Node
from troupe.pipeline._pump import Pump, Writer

if TYPE_CHECKING:
    from troupe.pipeline._runner import Runner

PART = 4096


class SequenceSource(Node):
    """A list, tuple or range: sliced as there is demand."""

    def __init__(self, runner: "Runner", name: str, items: Sequence[Any]) -> None:
        super().__init__(runner, name)
        self._items = items
        self._at = 0
        self.length: int | None = len(items)

    def work(self) -> bool:
        if self.over:
            return False
        room = self.room
        if room > 0 and not self.runner.stopping:
            part = self._items[self._at : self._at + min(room, PART)]
            self._at += len(part)
            self.stats.items += len(part)
            self.emit(part)
        elif not self.runner.stopping:
            return False
        if self._at >= len(self._items) or self.runner.stopping:
            self.runner.left_early = self.runner.left_early or self._at < len(self._items)
            self.end()
        return True


class PumpedSource(Node):
    """Any iterable: on a thread of its own."""

    def __init__(self, runner: "Runner", name: str, source: Any) -> None:
        super().__init__(runner, name)
        self.length = _length(source)
        self._pump = Pump(source, lambda: runner.events.call(_nothing))
        self._told = False

    def start(self) -> None:
        self._pump.start()

    def work(self) -> bool:
        if self.over:
            return False
        if self.runner.stopping and not self._told:
            self._told = True
            self.runner.left_early = self.runner.left_early or not self._pump.done
            self._pump.stop()
        done = self._pump.done  # before the last chunks are taken
        chunks = self._pump.take(self.room)
        for chunk in chunks:
            self.stats.items += len(chunk)
            self.emit(chunk)
        if done or (self._told and not self._pump.is_alive()):
            self._end()
            return True
        # One that blocks for good must not hold up a pipeline that has been stopped.
        if self._told and not chunks:
            self.end()
            return True
        return bool(chunks)

    def cut(self) -> None:
        self._pump.stop()
        super().cut()

    def close(self) -> None:
        self._pump.stop()
        if self._pump.done:  # one that is still at its next item isn't waited for
            self._pump.join()

    def _end(self) -> None:
        error = self._pump.error
        if error is not None and not self.runner.stopping:
            item = f"what comes after {self._pump.count} items"
            problem = StageError(self.name, item, f"{type(error).__name__}: {error}")
            problem.__cause__ = error
            self.fail(problem)
        self.end()


class Collect(Node):
    """Where results go without a sink: into a list, or to whoever iterates."""

    def work(self) -> bool:
        if self.over:
            return False
        edge = self.ins[0]
        moved = False
        while edge.size and (room := self.runner.outlet.room) > 0:
            items = self.take(edge, room)
            self.runner.outlet.put(items)
            self.runner.delivered += len(items)
            moved = True
        if edge.ended:
            self.over = True
            return True
        return moved


class SinkNode(Node):
    """A sink, on a thread of its own."""

    def __init__(self, runner: "Runner", name: str, sink: Any) -> None:
        super().__init__(runner, name)
        self._writer = Writer(sink, lambda: runner.events.call(_nothing))
        self._given: Sequence[Any] = ()
        self._since = 0.0
        self._ending = False

    def start(self) -> None:
        self.stats.replicas = 1
        self._writer.start()

    def work(self) -> bool:
        if self.over:
            return False
        edge = self.ins[0]
        self.stats.queue = edge.size
        if self._writer.done:
            return self._ended()
        if self._writer.busy:
            return False
        self._acknowledge()
        if edge.size:
            self._given = self.take(edge, PART)
            self._since = perf_counter()
            self._writer.give(self._given)
            return True
        if edge.ended and not self._ending:
            self._ending = True
            self._writer.end()
        return False

    def close(self) -> None:
        self._writer.end()
        if self._writer.done:
            self._writer.join()

    def _acknowledge(self) -> None:
        if self._given:
            self.runner.delivered += len(self._given)
            self.stats.busy += perf_counter() - self._since
            self._given = ()

    def _ended(self) -> bool:
        error = self._writer.error
        if error is None:
            self._acknowledge()
        else:
            item = shown(self._given[0]) if self._given else "its end"
            among = f"one of {len(self._given)} items from {item} on"
            problem = StageError(
                self.name,
                item if len(self._given) < 2 else among,
                f"{type(error).__name__}: {error}",
            )
            problem.__cause__ = error
            self.fail(problem)
        self.over = True
        return True


def source_node(runner: "Runner", name: str, source: Any) -> Node:
    if isinstance(source, (list, tuple, range)):
        return SequenceSource(runner, name, source)
    if hasattr(source, "__iter__"):
        return PumpedSource(runner, name, source)
    raise PipelineError(f"a source is an iterable, not {source!r}")


def _length(source: Any) -> int | None:
    length = getattr(source, "length", None)
    if length is not None:
        return int(length)
    return len(source) if hasattr(source, "__len__") else None


def _nothing() -> None:
    """Whatever has happened, the nodes look for themselves."""
