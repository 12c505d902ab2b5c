# SPDX-License-Identifier: Apache-2.0
"""What waits between two nodes of a running pipeline: items, in order, bounded."""

from collections import deque
from collections.abc import Sequence
from typing import Any


class Edge:
    """Items come in chunks of any size, and are taken in batches of any size."""

    def __init__(self, limit: int = 1024) -> None:
        self._chunks: deque[Sequence[Any]] = deque()
        self._first = 0  # how much of the first chunk is gone
        self.size = 0
        self.limit = limit  # whoever takes sets it; what is in may exceed it
        self.producers = 0  # how many nodes still put something in
        self.shut = False  # what is put in is thrown away

    @property
    def room(self) -> int:
        return self.limit - self.size

    @property
    def ended(self) -> bool:
        """Nothing is in it, and nothing will come."""
        return not self.size and not self.producers

    def put(self, items: Sequence[Any]) -> None:
        if items and not self.shut:
            self._chunks.append(items)
            self.size += len(items)

    def take(self, most: int) -> Sequence[Any]:
        """Up to `most` items, without a copy if they have come as one chunk."""
        first, start = self._chunks[0], self._first
        alone = len(self._chunks) == 1
        if not start and (len(first) == most or (alone and len(first) < most)):
            taken = self._chunks.popleft()
        elif len(first) - start > most:
            taken = first[start : start + most]
            self._first += most
        else:
            taken = self._gather(most)
        self.size -= len(taken)
        return taken

    def close(self) -> None:
        """Whoever takes from it wants no more."""
        self.shut = True
        self.size = self._first = 0
        self._chunks.clear()

    def _gather(self, most: int) -> Sequence[Any]:
        taken: list[Any] = []
        while self._chunks and len(taken) < most:
            chunk = self._chunks[0]
            part = chunk[self._first : self._first + most - len(taken)]
            taken += part
            self._first += len(part)
            if self._first == len(chunk):
                self._chunks.popleft()
                self._first = 0
        return taken
