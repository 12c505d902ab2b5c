# SPDX-License-Identifier: Apache-2.0
"""A plan as Mermaid text, which many viewers of Markdown draw."""

from html import escape

from troupe.pipeline._explain import share
from troupe.pipeline._plan import Plan, PlanNode
from troupe.pipeline._stats import Result, StageStats


def mermaid(plan: Plan, result: Result | None) -> str:
    """`result`: the figures of a run; the order of its stages is the plan's."""
    ids = {node: f"n{number}" for number, node in enumerate(plan.nodes)}
    lines = ["flowchart LR"]
    for number, node in enumerate(plan.nodes):
        figures = _figures(result.stages[number], result.seconds) if result else ""
        lines.append(f"    {ids[node]}{_box(node, figures)}")
    for node in plan.nodes:
        for way in sorted(node.outs):
            for target, _ in node.outs[way]:
                lines.append(f"    {ids[node]} --> {ids[target]}")
    return "\n".join(lines) + "\n"


def _box(node: PlanNode, figures: str) -> str:
    text = _plain(_title(node)) + figures
    if node.kind in ("source", "sink", "collect"):
        return f'(["{text}"])'
    return f'["{text}"]'


def _title(node: PlanNode) -> str:
    if node.spec is None:
        return node.name
    least, most = node.spec.parallel
    if most == 1:
        return node.name
    return f"{node.name} x{most}" if least == most else f"{node.name} x{least}-{most}"


def _figures(stage: StageStats, seconds: float) -> str:
    parts = [f"{stage.items or stage.out:,} items"]
    if stage.busy:
        parts.append(f"{share(stage, seconds):.0%} busy")
    if stage.queue:
        parts.append(f"{stage.queue:,} waiting")
    return "<br/>" + ", ".join(parts)


def _plain(text: str) -> str:
    return escape(text)
