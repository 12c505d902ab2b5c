# SPDX-License-Identifier: Apache-2.0
"""A pipeline that runs: wait for it, end it, look at it, iterate over it."""

import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import troupe
from troupe.pipeline._runner import Runner
from troupe.pipeline._stats import Result, StageStats

AHEAD = 4096  # results that may wait for whoever iterates


class StreamOutlet:
    """Results for whoever iterates over them; bounded."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._chunks: deque[Sequence[Any]] = deque()
        self._size = 0
        self._ended = False
        self.tell: Callable[[], None] = lambda: None

    @property
    def room(self) -> int:
        return AHEAD - self._size

    def put(self, items: Sequence[Any]) -> None:
        with self._changed:
            self._chunks.append(items)
            self._size += len(items)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def next(self) -> Sequence[Any] | None:
        """The next results; waits for them. None when there are no more."""
        with self._changed:
            while not self._chunks and not self._ended:
                self._changed.wait()
            if not self._chunks:
                return None
            chunk = self._chunks.popleft()
            self._size -= len(chunk)
        self.tell()
        return chunk


class Handle:
    """What Pipeline.start() returns. All methods may be called from any thread.

    Used with `with` or `async with`, it is waited for at the end of the block,
    or cancelled if that raises.
    """

    def __init__(
        self, runner: Runner, system: "troupe.System", owned: bool, stream: bool
    ) -> None:
        self._runner = runner
        self._system = system if owned else None
        self._stream = runner.outlet if stream else None
        self._done = threading.Event()
        if isinstance(self._stream, StreamOutlet):
            self._stream.tell = lambda: runner.events.call(lambda: None)
        self._thread = threading.Thread(
            target=self._run, name=f"troupe-pipeline-{runner.name}", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        state = "done" if self.done else "running"
        return f"<troupe.pipeline.Handle of {self._runner.name!r}: {state}>"

    def _run(self) -> None:
        try:
            self._runner.run()
        except BaseException:
            pass  # the runner has it as its error
        finally:
            if self._system is not None:
                self._system.shutdown()
            self._system = None
            self._done.set()
            if isinstance(self._stream, StreamOutlet):
                self._stream.end()

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._done.is_set()

    def wait(self, timeout: float | None = None) -> Result:
        """Waits until it has ended; raises what ended it before its time.

        Raises TimeoutError if that takes more than `timeout` seconds; the
        pipeline goes on then.
        """
        if not self._done.wait(timeout):
            raise TimeoutError(
                f"pipeline {self._runner.name!r} isn't done after {timeout} s"
            )
        if self._runner.error is not None:
            raise self._runner.error
        return self._runner.result()

    def drain(self) -> None:
        """Takes nothing more from the sources; what is under way goes on to the sinks."""
        self._runner.drain()

    def cancel(self) -> None:
        """Ends it at once; wait() raises PipelineCancelled."""
        self._runner.cancel()

    def stats(self) -> Result:
        """The figures of this moment."""
        return self._runner.result()

    def explain(self) -> str:
        """Which stage is the bottleneck, as of now."""
        return self.stats().explain()

    def draw(self) -> str:
        """The graph as Mermaid text, with the figures of this moment."""
        from troupe.pipeline import _draw

        return _draw.mermaid(self._runner.plan, self.stats())

    def wait_with_progress(self, **options: Any) -> Result:
        """As wait(), with a bar on stderr if that is a terminal.

        `options` are tqdm's: unit="file", desc="Reading", disable=True, ...
        """
        from troupe.pipeline import _progress

        _progress.show(self, self._done, options)
        return self.wait()

    @property
    def name(self) -> str:
        """The pipeline's."""
        return self._runner.name

    @property
    def length(self) -> int | None:
        """How many items the sources have, if all of them know it."""
        return self._runner.length

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.wait()
        else:
            self.cancel()
            self._done.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.cancel()
        await self._in_thread(self._done.wait)
        if kind is None:
            self.wait()

    def __iter__(self) -> Iterator[Any]:
        stream = self._results()
        while (chunk := stream.next()) is not None:
            yield from chunk
        self.wait()

    async def __aiter__(self) -> AsyncIterator[Any]:
        stream = self._results()
        while (chunk := await self._in_thread(stream.next)) is not None:
            for item in chunk:
                yield item
        self.wait()

    def _results(self) -> StreamOutlet:
        if not isinstance(self._stream, StreamOutlet):
            raise TypeError(
                "to iterate over results, start the pipeline without a sink, and "
                "with start(stream=True)"
            )
        return self._stream

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        import asyncio

        return await asyncio.to_thread(function)
