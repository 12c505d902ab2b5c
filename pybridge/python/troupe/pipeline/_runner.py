# SPDX-License-Identifier: Apache-2.0
"""Runs a plan: one thread that moves items between nodes until all have ended."""

from itertools import count
from time import perf_counter
from typing import Any, Protocol

import troupe
from troupe.pipeline import _ends, _inline
from troupe.pipeline._edge import Edge
from troupe.pipeline._errors import DeadItem, PipelineCancelled
from troupe.pipeline._events import Events
from troupe.pipeline._node import Node, connect
from troupe.pipeline._plan import Plan, PlanNode
from troupe.pipeline._segment import Segment
from troupe.pipeline._starter import Starter
from troupe.pipeline._stats import Result, StageStats

_numbers = count(1)


class Outlet(Protocol):
    """Where the results go that no sink takes."""

    @property
    def room(self) -> int: ...
    def put(self, items: Any) -> None: ...


class ListOutlet:
    """All of them, into one list."""

    room = 1 << 60

    def __init__(self) -> None:
        self.items: list[Any] = []

    def put(self, items: Any) -> None:
        self.items += items


class Runner:
    def __init__(
        self, name: str, plan: Plan, system: "troupe.System", outlet: Outlet, dead: Any
    ) -> None:
        self.name = name
        self.system = system
        self.outlet = outlet
        self.number = next(_numbers)
        self.events = Events()
        self.starter = Starter()
        self.error: BaseException | None = None
        self.stopping = False  # no source gives any more
        self.cancelled = False
        self.left_early = False
        self.delivered = 0
        self.dead: list[DeadItem] = []
        self._dead_sink = dead
        self._began = perf_counter()
        self.seconds: float | None = None
        self.plan = plan
        self.nodes = self._build(plan)

    # ---- building ----

    def _build(self, plan: Plan) -> list[Node]:
        made = {node: self._make(node) for node in plan.nodes}
        edges: dict[tuple[PlanNode, int], Edge] = {}
        ports = sorted(
            {target for node in plan.nodes for outs in node.outs.values() for target in outs},
            key=lambda target: target[1],
        )
        for into in ports:
            edges[into] = Edge()
            made[into[0]].ins.append(edges[into])
        for node in plan.nodes:
            for way in sorted(node.outs):
                for target in node.outs[way]:
                    connect(made[node], made[target[0]], edges[target])
        for each in made.values():
            each.stats.source = not each.ins
        return list(made.values())

    def _make(self, node: PlanNode) -> Node:
        name, step = node.name, node.step
        if node.spec is not None:
            return Segment(self, node.spec)
        if step is None:
            return _ends.Collect(self, name)
        options = step.options
        match node.kind:
            case "source":
                return _ends.source_node(self, name, step.function)
            case "sink":
                return _ends.SinkNode(self, name, step.function)
            case "batch":
                return _inline.Batches(self, name, options["size"], options["timeout"])
            case "window" if options["seconds"] is not None:
                return _inline.TimeWindows(self, name, options["seconds"])
            case "window":
                size, slide = options["count"], options["slide"]
                return _inline.CountWindows(self, name, size, slide or size)
            case "zip":
                return _inline.Zip(self, name)
            case "balance":
                return _inline.Balance(self, name)
            case "take":
                return _inline.Take(self, name, options["count"])
            case "rate_limit":
                return _inline.RateLimit(self, name, options["per_second"])
        return _inline.Broadcast(self, name)

    # ---- running ----

    def run(self) -> None:
        """Until all nodes have ended, or it was cancelled."""
        try:
            for node in self.nodes:
                node.start()
            while not self._round():
                self.events.wait()
        except BaseException as error:
            self.error = self.error or error
            raise
        finally:
            self._close()

    def _round(self) -> bool:
        """Moves all that can be moved; answers whether all is done."""
        while not self.cancelled:
            living = [node for node in reversed(self.nodes) if not node.over]
            moved = [node.work() for node in living]
            for node in living:
                if not node.over and node.outs and all(e.shut for e in node.outs):
                    node.cut()
            if all(node.over for node in living):
                return True
            if any(moved) or any(node.over for node in living) or self._widen():
                continue
            return False
        return True

    def _widen(self) -> bool:
        """In a graph whose branches meet again, each may wait for the other's queue
        to have room while nothing is under way: then the fullest gets more."""
        if self.events.awaited or any(map(_thread_at_work, self.nodes)):
            return False
        full = [edge for node in self.nodes for edge in node.ins if edge.room <= 0]
        if not full:
            return False
        smallest = min(full, key=lambda edge: edge.limit)
        smallest.limit = 2 * max(smallest.limit, smallest.size)
        return True

    def _close(self) -> None:
        self.seconds = perf_counter() - self._began
        self.starter.close()
        for node in self.nodes:
            node.close()
        self.events.close()
        del self.system  # else it is kept until the garbage collector comes

    # ---- what nodes tell ----

    def fail(self, error: BaseException) -> None:
        """What has come out of the failed stage still goes on to the sinks."""
        if self.error is None:
            self.error = error
        self.stopping = True

    def skip(self, dead: DeadItem) -> None:
        if self._dead_sink is not None:
            self._dead_sink(dead)
        elif len(self.dead) < 100:
            self.dead.append(dead)

    # ---- what the caller orders: any thread ----

    def drain(self) -> None:
        self.events.call(self._stop)

    def cancel(self) -> None:
        self.events.call(self._cancel)

    def _stop(self) -> None:
        self.stopping = True

    def _cancel(self) -> None:
        self.cancelled = True
        if self.error is None:
            self.error = PipelineCancelled(f"pipeline {self.name!r} was cancelled")

    # ---- figures: any thread ----

    @property
    def length(self) -> int | None:
        lengths = [getattr(node, "length", None) for node in self.sources()]
        known = [length for length in lengths if length is not None]
        return sum(known) if len(known) == len(lengths) else None

    def sources(self) -> list[Node]:
        return [node for node in self.nodes if not node.ins]

    def stats(self) -> list[StageStats]:
        return [node.stats for node in self.nodes]

    def result(self) -> Result:
        stages = self.stats()
        seconds = self.seconds
        return Result(
            items=getattr(self.outlet, "items", []),
            delivered=self.delivered,
            skipped=sum(stage.skipped for stage in stages),
            dropped=sum(stage.dropped for stage in stages),
            dead=list(self.dead),
            interrupted=self.left_early and self.error is None,
            seconds=perf_counter() - self._began if seconds is None else seconds,
            stages=stages,
        )


def _thread_at_work(node: Node) -> bool:
    """Whether something will come of it although nothing is awaited."""
    if node.over:
        return False
    if isinstance(node, _ends.PumpedSource):
        return node.room > 0
    if isinstance(node, Segment):
        return node.crew.starting > 0
    return isinstance(node, _ends.SinkNode)
