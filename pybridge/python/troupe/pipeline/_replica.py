# SPDX-License-Identifier: Apache-2.0
"""One of the actors that run a segment, as its node sees it."""

from collections.abc import Sequence
from typing import Any

import troupe
from troupe.pipeline._worker import Worker


class Batch:
    """Items on their way through a segment."""

    def __init__(self, number: int, items: Sequence[Any], ways: int) -> None:
        self.number = number
        self.items = items
        self.ready: list[list[Sequence[Any]]] = []  # answers not yet emitted
        self.emitted = [0] * ways  # of each way, since the batch was first sent
        self.seen = [0] * ways  # ... since it was sent last
        self.tries = 0
        self.done = False
        self.rest = False  # its replica has more of it
        self.failure: BaseException | None = None


class Replica:
    """`sent` are the batches that it has been told and hasn't finished.

    A replica that remembers something has a journal: `saved` is what it
    remembered at its last snapshot, `journal` the batches since. Who takes its
    place is told both, and remembers the same.
    """

    def __init__(self, ref: "troupe.Ref[Worker]", before: "Replica | None") -> None:
        self.ref = ref
        self.ask = ref.options(timeout=None).ask
        self.sent: list[Batch] = []
        self.lost: BaseException | None = None  # how it was lost
        self.waiting = 0  # for so many answers
        self.dead = False
        self.saved: Any = None
        self.journal: list[tuple[int, Sequence[Any]]] = []
        self.journalled = 0
        self.threshold = 20_000
        self.saving = False
        if before is not None:
            self.saved, self.journal = before.saved, before.journal
            self.journalled, self.threshold = before.journalled, before.threshold

    def note(self, batch: Batch) -> None:
        """It remembers this one from now on."""
        self.journal.append((batch.number, batch.items))
        self.journalled += len(batch.items)

    def forget(self, before: int, state: Any, size: int) -> None:
        """A snapshot has all batches up to number `before`."""
        self.saved = state
        self.journal = [entry for entry in self.journal if entry[0] >= before]
        self.journalled = sum(len(items) for _, items in self.journal)
        self.threshold = max(20_000, 4 * size)
