# SPDX-License-Identifier: Apache-2.0
"""The actor that runs a segment: one of its replicas.

It is told a batch, and answers with what has become of it:

    (outs, seconds, dead, status, costs)

`outs` has a list of items for each way out. `dead` are the items that a stage
with on_error="skip" failed on. `status` is None, "more" (ask more() for the
rest), "busy" (it had not yet been asked for the rest of another), or the
failure (policy, stage, item, error, traceback) that ended the batch. `costs` are
None, or the seconds that each stage took of this batch.
"""

from time import perf_counter

import troupe
from troupe.pipeline import _compose, _functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


SAMPLE = 32  # of so many batches, one is measured stage by stage

TRACED = 20  # of the items that it skips, so many have a traceback; it is costly


class _Failed(BaseException):
    """Ends the loop: self.args is the failure."""


class Worker:
    """Compiles its segment when it starts."""

    def __init__(self, stages: "list[Any]", keyed: bool, ways: int, width: int) -> None:
        self._objects: list[Any] = []
        self._stages = [self._made(stage) for stage in stages]
        self._keyed, self._ways, self._width = keyed, ways, width
        self._run, self._loop = self._plain = _compose.compose(self._stages, keyed)
        self._costs = [0.0] * len(stages)
        self._timed = _compose.compose(self._stages, keyed, self._costs)
        self._batches = 0
        self._skipped = 0
        self._states = _compose.first_states(self._stages, keyed)
        self._rest: Iterator[Any] | None = None
        self._outs: list[list[Any]] = []
        self._dead: list[Any] = []

    def _made(self, stage: "Any") -> "_compose.Stage":
        kind, name, function, options = stage
        function = _functions.unpack(function)
        if "initial" in options:
            (options["initial"],) = _functions.unpack(options["initial"])
        if _functions.is_stage_class(function):
            function = function(*options.get("args", ()))
            if hasattr(function, "setup"):
                function.setup()
            self._objects.append(function)
        return kind, name, function, options

    @troupe.handler
    def info(self) -> "dict[str, Any]":
        """What the runner must know about the functions."""
        return {
            "awaits": self._loop.awaits,
            "keeps": any(
                hasattr(each, "checkpoint") for each in self._objects
            ),
        }

    @troupe.handler
    def go(self, batch: "list[Any]") -> "tuple[Any, ...]":
        if self._rest is not None:
            return [], 0.0, None, "busy", None
        start = perf_counter()
        self._begin()
        self._run, self._loop = self._plain if self._batches % SAMPLE else self._timed
        self._batches += 1
        try:
            done = self._run(batch, self._outs, self._states, self._fail)
            if self._loop.expands:
                return self._portion(done, start)
        except _Failed as failed:
            return self._answer(start, failed.args)
        return self._answer(start, None)

    @troupe.handler
    async def go_async(self, batch: "list[Any]") -> "tuple[Any, ...]":
        """As go(), for stages that are `async def`: `width` items at a time."""
        import asyncio

        start = perf_counter()
        self._begin()
        parts: list[list[list[Any]]] = []
        waiting = iter(batch)

        async def work() -> None:
            for item in waiting:
                outs: list[list[Any]] = [[] for _ in range(self._ways)]
                parts.append(outs)
                await self._run((item,), outs, self._states, self._fail)

        failure = None
        tasks = [asyncio.ensure_future(work()) for _ in range(min(self._width, len(batch)))]
        try:
            await asyncio.gather(*tasks)
        except _Failed as failed:
            failure = failed.args
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for outs in parts:
            for whole, part in zip(self._outs, outs):
                whole += part
        return self._answer(start, failure)

    @troupe.handler
    def more(self) -> "tuple[Any, ...]":
        """The next portion of what the last batch came to."""
        start = perf_counter()
        self._begin()
        try:
            return self._portion(self._rest, start)
        except _Failed as failed:
            self._rest = None
            return self._answer(start, failed.args)

    @troupe.handler
    def replay(self, batch: "list[Any]") -> None:
        """Works on a batch for what the stages remember of it; nobody wants the
        rest, which another replica has handed over already."""
        self._begin()
        try:
            for _ in self._run(batch, self._outs, self._states, self._fail) or ():
                self._begin()
        except _Failed:
            pass  # the pipeline has been told

    @troupe.handler
    async def replay_async(self, batch: "list[Any]") -> None:
        """As replay(), for stages that are `async def`."""
        self._begin()
        try:
            await self._run(batch, self._outs, self._states, self._fail)
        except _Failed:
            pass

    @troupe.handler
    def finish(self) -> "tuple[Any, ...]":
        """All items have come: what reduce() has at last."""
        start = perf_counter()
        self._begin()
        last = self._stages[-1][0] if self._stages else ""
        if last == "reduce":
            found = self._states[-1]
            self._outs[0] = list(found.items() if self._keyed else found.values())
            if not self._keyed and not found and self._stages[-1][3].get("has_initial"):
                self._outs[0] = [_compose._factory(self._stages[-1][3]["initial"])()]
        return self._answer(start, None)

    @troupe.handler
    def snapshot(self) -> "tuple[Any, ...] | None":
        """All that the stages remember, and how much that is.

        None in the midst of a batch: what they remember is part of it only.
        """
        if self._rest is not None:
            return None
        kept = [each.checkpoint() for each in self._objects if hasattr(each, "checkpoint")]
        size = sum(len(s) for s in self._states if isinstance(s, (dict, set)))
        return (self._states, kept), size

    @troupe.handler
    def restore(self, state: "tuple[Any, ...]") -> None:
        self._states, kept = state
        keepers = [each for each in self._objects if hasattr(each, "checkpoint")]
        for each, saved in zip(keepers, kept):
            each.restore(saved)

    def stopping(self, reason: str) -> None:
        for each in reversed(self._objects):
            if hasattr(each, "close"):
                each.close()

    def _begin(self) -> None:
        self._outs[:] = [[] for _ in range(self._ways)]  # a loop may hold the outer
        self._dead = []

    def _portion(self, rest: "Any", start: float) -> "tuple[Any, ...]":
        for _ in rest:
            self._rest = rest
            answer = self._answer(start, "more")
            return answer
        self._rest = None
        return self._answer(start, None)

    def _answer(self, start: float, status: "Any") -> "tuple[Any, ...]":
        costs = None
        if any(self._costs):
            costs, self._costs[:] = self._costs[:], [0.0] * len(self._costs)
        return self._outs, perf_counter() - start, self._dead or None, status, costs

    def _fail(self, error: BaseException, names: "dict[str, Any]") -> None:
        """A stage has raised: leaves the item out, or ends the loop."""
        stage, variable = self._place(error)
        _, name, _, options = self._stages[stage]
        policy = options.get("on_error", ("fail",))[0]
        item = names.get(variable)
        traced = policy != "skip" or self._skipped < TRACED
        told = _functions.told(error, traced)
        failure = (policy, name, _functions.sendable(item), *told)
        if policy != "skip":
            raise _Failed(*failure)
        self._skipped += 1
        self._dead.append(failure[1:])

    def _place(self, error: BaseException) -> tuple[int, str]:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code is self._run.__code__:
                return self._loop.where.get(trace.tb_lineno, (0, "x0"))
            trace = trace.tb_next
        return 0, "x0"
