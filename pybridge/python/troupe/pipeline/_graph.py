# SPDX-License-Identifier: Apache-2.0
"""A pipeline as data: steps, in order, of which some hold other pipelines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})

# Steps that a worker runs, one call after the other, in one loop.
LINEAR = frozenset({"map", "filter", "flat_map", "tap", "scan", "distinct", "reduce"})
# Of these, what remembers something from one item to the next.
STATEFUL = frozenset({"scan", "distinct", "reduce"})
# What ends a segment with several ways out.
SPLITS = frozenset({"key_by", "partition"})


@dataclass(frozen=True)
class Step:
    """One step; `branches` are the graphs that leave it or come in here."""

    kind: str
    name: str
    function: Any = None
    options: Mapping[str, Any] = field(default=_NOTHING)
    branches: "tuple[Graph, ...]" = ()

    @property
    def stateful(self) -> bool:
        return self.kind in STATEFUL


@dataclass(frozen=True)
class Graph:
    """The steps from the first to the last."""

    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> "Graph":
        return Graph((*self.steps, step))

    def names(self) -> list[str]:
        """The names of all steps, those of branches included."""
        found = []
        for step in self.steps:
            found.append(step.name)
            for branch in step.branches:
                found += branch.names()
        return found

    @property
    def has_source(self) -> bool:
        return bool(self.steps) and self.steps[0].kind == "source"

    @property
    def has_sink(self) -> bool:
        return bool(self.steps) and self.steps[-1].kind == "sink"


def name_of(function: Any, kind: str) -> str:
    """What a step is called if nobody says so."""
    if isinstance(function, str):
        return function.rpartition(":")[2] or kind
    name = getattr(function, "__name__", None)
    if name is None and getattr(function, "func", None) is not None:
        name = getattr(function.func, "__name__", None)  # of a functools.partial
    return kind if name in (None, "<lambda>") else str(name)
