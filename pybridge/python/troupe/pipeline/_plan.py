# SPDX-License-Identifier: Apache-2.0
"""From a graph of steps to the nodes that run it.

Neighbouring steps that need nothing between them become one segment: one loop,
run by one or several replicas. All other steps are nodes of their own.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from troupe.pipeline import _functions, _policies
from troupe.pipeline._errors import PipelineError
from troupe.pipeline._graph import LINEAR, SPLITS, Graph, Step

Bounds = tuple[int, int]


@dataclass
class SegmentSpec:
    """What a segment is, but for where its items come from and go to."""

    name: str
    stages: list[Step]
    parallel: Bounds = (1, 1)
    ordered: bool = True
    home: str = "own"
    keyed: bool = False
    ways: int = 1
    width: int = 1
    at_most_once: bool = False
    max_restarts: int = 3
    packed: list[Any] = field(default_factory=list)

    @property
    def stateful(self) -> bool:
        return any(stage.stateful for stage in self.stages)

    @property
    def has_end(self) -> bool:
        return bool(self.stages) and self.stages[-1].kind == "reduce"


@dataclass(eq=False)
class PlanNode:
    """A node to be; `outs` has (target, port of the target) by way."""

    kind: str
    name: str
    step: Step | None = None
    spec: SegmentSpec | None = None
    outs: dict[int, list[tuple["PlanNode", int]]] = field(default_factory=dict)


Port = tuple[PlanNode, int]  # a way out that leads nowhere yet


class Plan:
    def __init__(self, graph: Graph, ordered: bool, at_most_once: bool) -> None:
        self.nodes: list[PlanNode] = []
        self._ordered = ordered
        self._at_most_once = at_most_once
        tails = self._chain(graph.steps, [])
        self.collects = bool(tails)
        if tails:
            self._add(PlanNode("collect", "results"), tails)

    def _chain(self, steps: tuple[Step, ...], tails: list[Port]) -> list[Port]:
        at = 0
        while at < len(steps):
            step = steps[at]
            if step.kind in LINEAR or step.kind in SPLITS:
                tails, at = self._linear(steps, at, tails)
            else:
                tails, at = self._single(step, tails), at + 1
        return tails

    def _single(self, step: Step, tails: list[Port]) -> list[Port]:
        if step.kind == "merge":
            for branch in step.branches:
                tails = tails + self._chain(branch.steps, [])
            return tails
        node = self._add(PlanNode(step.kind, step.name, step), tails)
        if step.kind == "zip":
            for port, branch in enumerate(step.branches, 1):
                self._connect(self._chain(branch.steps, []), node, port)
        elif step.kind in ("broadcast", "balance"):
            return self._branches(node, step)
        return [] if step.kind == "sink" else [(node, 0)]

    def _branches(self, node: PlanNode, step: Step) -> list[Port]:
        tails = []
        for way, branch in enumerate(step.branches):
            tails += self._chain(branch.steps, [(node, way)])
        return tails

    # ---- segments ----

    def _linear(
        self, steps: tuple[Step, ...], at: int, tails: list[Port]
    ) -> tuple[list[Port], int]:
        end = self._run_end(steps, at)
        last = steps[end - 1]
        spec = self._segment(list(steps[at:end]))
        if last.kind == "key_by":
            return self._keyed(spec, steps, end, tails)
        if last.kind == "partition":
            spec.ways = len(last.branches)
            return self._branches(self._add_segment(spec, tails), last), end
        return [(self._add_segment(spec, tails), 0)], end

    def _run_end(self, steps: tuple[Step, ...], at: int) -> int:
        """Where the steps end that run as one with the one at `at`."""
        chosen, end = _parallel(steps[at]), at + 1
        while end < len(steps) and steps[end].kind in LINEAR | SPLITS:
            before, step = steps[end - 1], steps[end]
            parallel = _parallel(step)
            if before.kind in SPLITS | {"reduce"} or not _may_fuse(before, step):
                break
            if None not in (chosen, parallel) and chosen != parallel:
                break
            chosen = chosen or parallel
            end += 1
        return end

    def _segment(self, stages: list[Step], keyed: bool = False) -> SegmentSpec:
        chosen = [p for p in map(_parallel, stages) if p is not None]
        ordered = [s.options["ordered"] for s in stages if "ordered" in s.options]
        homes = [s.options["home"] for s in stages if "home" in s.options]
        return SegmentSpec(
            name="+".join(stage.name for stage in stages),
            stages=stages,
            parallel=(1, 1) if keyed or not chosen else chosen[0],
            ordered=all(ordered) if ordered else self._ordered,
            home=homes[0] if homes else "own",
            keyed=keyed,
            width=max(s.options.get("concurrency", 1) for s in stages),
            at_most_once=self._at_most_once,
            max_restarts=max(s.options.get("max_restarts", 3) for s in stages),
        )

    def _keyed(
        self, splitter: SegmentSpec, steps: tuple[Step, ...], at: int, tails: list[Port]
    ) -> tuple[list[Port], int]:
        """What follows a key_by(): a lane for each part of the keys."""
        end = at
        while end < len(steps) and steps[end].kind in LINEAR:
            end += 1
            if steps[end - 1].kind == "reduce":
                break
        stages = list(steps[at:end])
        if not stages:
            raise PipelineError(
                "key_by() is for what follows it, by key: map, filter, scan, reduce, "
                "...; here nothing of that kind does"
            )
        splitter.ways = lanes = _lanes(stages)
        node = self._add_segment(splitter, tails)
        after: list[Port] = []
        for lane in range(lanes):
            spec = self._segment(stages, keyed=True)
            spec.name = f"{spec.name}/{lane + 1}"
            after.append((self._add_segment(spec, [(node, lane)]), 0))
        return after, end

    def _add_segment(self, spec: SegmentSpec, tails: list[Port]) -> PlanNode:
        spec.packed = [_packed(stage, spec.ways) for stage in spec.stages]
        return self._add(PlanNode("segment", spec.name, spec=spec), tails)

    # ---- nodes and edges ----

    def _add(self, node: PlanNode, tails: list[Port]) -> PlanNode:
        self.nodes.append(node)
        self._connect(tails, node, 0)
        return node

    def _connect(self, tails: list[Port], node: PlanNode, port: int) -> None:
        for source, way in tails:
            source.outs.setdefault(way, []).append((node, port))


def _parallel(step: Step) -> Bounds | None:
    """How many replicas it wants; None if it takes part in what its neighbours want."""
    if step.stateful:
        return (1, 1)
    chosen: Any = step.options.get("parallel")
    if chosen is None:
        return (1, 1) if _functions.is_stage_class(step.function) else None
    if chosen == "auto":
        return (1, len(os.sched_getaffinity(0)))
    if isinstance(chosen, tuple):
        return chosen[0], chosen[1]
    return chosen, chosen


def _may_fuse(one: Step, other: Step) -> bool:
    if not (one.options.get("fuse", True) and other.options.get("fuse", True)):
        return False
    return all(
        key not in one.options or key not in other.options
        or one.options[key] == other.options[key]
        for key in ("home", "ordered", "concurrency")
    )


def _lanes(stages: list[Step]) -> int:
    for stage in stages:
        chosen = stage.options.get("shards") or stage.options.get("parallel")
        if isinstance(chosen, int):
            return chosen
        if isinstance(chosen, tuple):
            return int(chosen[1])
    return len(os.sched_getaffinity(0))


def _packed(stage: Step, ways: int) -> tuple[str, str, Any, dict[str, Any]]:
    options: dict[str, Any] = {
        "on_error": _policies.plain(stage.options.get("on_error", "fail")),
        "args": tuple(stage.options.get("args", ())),
        "expands": stage.kind == "flat_map",
        "ways": ways,
    }
    if stage.options.get("has_initial"):
        options["has_initial"] = True
        options["initial"] = _functions.pack((stage.options["initial"],), stage.name)
    kind = {"key_by": "key"}.get(stage.kind, stage.kind)
    return kind, stage.name, _functions.pack(stage.function, stage.name), options
