# SPDX-License-Identifier: Apache-2.0
"""A node of a running pipeline: takes from edges, puts into edges.

All nodes live on the thread of their runner, so nothing here has a lock. A node
never waits: work() does what can be done now, and whatever comes later comes by
way of the runner's events.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from troupe.pipeline._edge import Edge
from troupe.pipeline._stats import StageStats

if TYPE_CHECKING:
    from troupe.pipeline._runner import Runner


class Node:
    def __init__(self, runner: "Runner", name: str) -> None:
        self.runner = runner
        self.stats = StageStats(name)
        self.ins: list[Edge] = []
        self.outs: list[Edge] = []
        self.over = False

    @property
    def name(self) -> str:
        return self.stats.name

    @property
    def room(self) -> int:
        """How many items all the outs have room for."""
        return min([edge.room for edge in self.outs], default=1 << 30)

    def start(self) -> None:
        """Before the first work(): spawns, opens files, starts threads."""

    def work(self) -> bool:
        """Does what can be done now; answers whether that was anything."""
        raise NotImplementedError

    def close(self) -> None:
        """At the end, however it came: nothing of this node may go on."""

    def emit(self, items: Sequence[Any]) -> None:
        """To each out, all of them."""
        self.stats.out += len(items)
        for edge in self.outs:
            edge.put(items)

    def end(self) -> None:
        """Nothing more will come out of here."""
        if not self.over:
            self.over = True
            for edge in self.outs:
                edge.producers -= 1

    def fail(self, error: BaseException) -> None:
        """What has come out goes on to the sinks; nothing follows it."""
        self.runner.fail(error)
        self.cut()

    def cut(self) -> None:
        """Nobody wants anything from here any more; nothing is wanted here either."""
        for edge in self.ins:
            edge.close()
        self.end()

    def take(self, edge: Edge, most: int) -> Sequence[Any]:
        items = edge.take(most)
        self.stats.items += len(items)
        return items


def connect(source: Node, target: Node, edge: Edge | None = None) -> Edge:
    """An edge from one to the other; one that is given is shared."""
    edge = Edge() if edge is None else edge
    edge.producers += 1
    source.outs.append(edge)
    if edge not in target.ins:
        target.ins.append(edge)
    return edge
