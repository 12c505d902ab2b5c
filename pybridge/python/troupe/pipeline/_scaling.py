# SPDX-License-Identifier: Apache-2.0
"""How many replicas a segment has, between its bounds: it goes by demand."""

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from troupe.pipeline._segment import Segment

HUNGRY = 0.05  # seconds without a free replica after which there is one more
BLOCKED = 0.005  # seconds without room after which those behind are the slower ones
LOOK = 0.5  # seconds with a free replica after which there is one less


class Scaling:
    def __init__(self, segment: "Segment") -> None:
        self._segment = segment
        self._crew = segment.crew
        self._least, self._most = segment.spec.parallel
        self._free_at = self._look = monotonic()
        self._blocked: float | None = None  # since when one is free without room
        self._busiest = 0
        self._waking = False

    def scale(self) -> None:
        """One more when none was free for a while and batches wait; one less when
        one was free all the time."""
        if self._least == self._most:
            return
        now, crew = monotonic(), self._crew
        at_work = sum(bool(replica.sent) for replica in crew.replicas)
        self._busiest = max(self._busiest, at_work)
        self._note_free(now, at_work < crew.count + crew.starting)
        if now - self._free_at > HUNGRY and crew.count + crew.starting < self._most:
            if self._segment.ins[0].size >= self._segment.size:
                self._free_at = now
                crew.add()
        if now > self._look:
            self._review(now)

    def _note_free(self, now: float, free: bool) -> None:
        # While there is no room behind it, one is free for a moment after each
        # batch; that counts only if the moment is long.
        if self._blocked is not None and now - self._blocked > BLOCKED:
            self._free_at = now
        if not free:
            self._blocked = None
        elif self._segment.room > 0:
            self._free_at = now
        elif self._blocked is None:
            self._blocked = now

    def _review(self, now: float) -> None:
        if self._busiest < self._crew.count and self._crew.count > self._least:
            self._crew.retire()
        self._busiest, self._look = 0, now + LOOK
        self._wake(now)

    def _wake(self, now: float) -> None:
        """scale() again, also if nothing else happens meanwhile."""
        if not self._waking and not self._segment.over:
            self._waking = True

            def over() -> None:
                self._waking = False
                self._wake(monotonic())

            self._segment.runner.events.look_at(now + HUNGRY + 0.001, over)
