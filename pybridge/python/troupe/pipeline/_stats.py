# SPDX-License-Identifier: Apache-2.0
"""What a pipeline tells about itself, while it runs and afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from troupe.pipeline._errors import DeadItem


@dataclass
class StageStats:
    """The figures of one part of a pipeline.

    name        the stage's, or those of several that run as one, with `+`
    items, out  how many came in and went out
    busy        seconds of work, summed over all replicas
    replicas    how many run at the moment
    queue       items that wait before it
    skipped     items that a stage raised on, with on_error="skip"
    dropped     items lost with a replica (delivery="at_most_once")
    restarts    replicas that had to be replaced
    source      whether items begin here
    peak        how many replicas there were at most
    batch       items in a batch, at the moment
    costs       by stage, of those that run as one: seconds, of a sample of batches
    """

    name: str
    items: int = 0
    out: int = 0
    busy: float = 0.0
    replicas: int = 0
    queue: int = 0
    skipped: int = 0
    dropped: int = 0
    restarts: int = 0
    peak: int = 0
    source: bool = False
    batch: int = 0
    costs: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """What run() and wait() return.

    items        what came out, in a list, if the pipeline has no sink
    delivered    how many items came to the sinks (or into `items`)
    skipped      how many were left out, by on_error="skip"
    dropped      how many were lost with a replica, in "at_most_once"
    dead         the first 100 of the skipped, if they have no sink of their own
    interrupted  whether Ctrl-C or drain() ended it before its source did
    seconds      how long it took
    stages       the figures of each stage
    """

    items: list[Any]
    delivered: int
    skipped: int
    dropped: int
    dead: list[DeadItem]
    interrupted: bool
    seconds: float
    stages: list[StageStats]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def explain(self) -> str:
        """In words: which stage is the bottleneck, and how busy each is."""
        from troupe.pipeline import _explain

        return _explain.explain(self)

    def __repr__(self) -> str:
        return (
            f"<troupe.pipeline.Result: {self.delivered:,} delivered, "
            f"{self.skipped:,} skipped, {self.dropped:,} dropped, "
            f"{self.seconds:.3g} s>"
        )
