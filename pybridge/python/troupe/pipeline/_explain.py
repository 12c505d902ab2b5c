# SPDX-License-Identifier: Apache-2.0
"""Says in words what holds a pipeline up."""

from troupe.pipeline._stats import Result, StageStats

BUSY = 0.6  # share of the time from which on a stage is what the others wait for


def share(stage: StageStats, seconds: float) -> float:
    """How much of the time its replicas were at work, of 1."""
    return min(1.0, stage.busy / max(1e-9, seconds * max(1, stage.replicas, stage.peak)))


def explain(result: Result) -> str:
    working = [stage for stage in result.stages if stage.busy > 0]
    lines = [_verdict(result, working)]
    for stage in working:
        lines.append(_line(stage, result.seconds))
    return "\n".join(lines)


def _verdict(result: Result, working: list[StageStats]) -> str:
    if not working:
        return "No stage has done anything yet."
    top = max(working, key=lambda stage: share(stage, result.seconds))
    part = share(top, result.seconds)
    if part < BUSY:
        return (
            "No stage is the bottleneck: the busiest is idle most of the time. What "
            "holds it up is the source, whoever takes the results, or its start."
        )
    replicas = max(top.replicas, top.peak)
    text = f"The bottleneck is {top.name!r}: busy for {part:.0%} of the time"
    text += f", with {replicas} replicas." if replicas > 1 else "."
    worst = _worst(top)
    return f"{text} Most of it is {worst[0]!r}, {worst[1]:.0%}." if worst else text


def _worst(stage: StageStats) -> tuple[str, float] | None:
    total = sum(stage.costs.values())
    if len(stage.costs) < 2 or not total:
        return None
    name = max(stage.costs, key=lambda each: stage.costs[each])
    return name, stage.costs[name] / total


def _line(stage: StageStats, seconds: float) -> str:
    each = stage.busy / max(1, stage.items) * 1e6
    return (
        f"  {stage.name}: {share(stage, seconds):.0%} busy, {each:.3g} us an item, "
        f"{stage.items:,} in, {stage.out:,} out"
    )
