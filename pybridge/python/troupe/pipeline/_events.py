# SPDX-License-Identifier: Apache-2.0
"""What a running pipeline waits for: answers, other threads, times.

One thread runs run_until(); it sleeps in poll() and is woken, never polls.
"""

import heapq
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any

from troupe import _core


class Events:
    def __init__(self) -> None:
        self._port = _core.Port()
        self._bell, self._ringer = os.pipe()
        for end in (self._bell, self._ringer):
            os.set_blocking(end, False)
        self._lock = threading.Lock()
        self._closed = False
        self._poll = select.poll()
        self._poll.register(self._port.fileno(), select.POLLIN)
        self._poll.register(self._bell, select.POLLIN)
        self._watched: dict[int, Callable[[], None]] = {}
        self._calls: deque[Callable[[], None]] = deque()
        # The last: whether something may come of it that isn't there yet.
        self._timers: list[tuple[float, int, Callable[[], None], bool]] = []
        self._numbers = count(1)

    def when_done(
        self, future: "_core.Future[Any]", function: Callable[[], None]
    ) -> None:
        """Calls `function` once the future is done, however it ends."""
        token = next(self._numbers)
        self._watched[token] = function
        self._port.watch(future, token)

    def call(self, function: Callable[[], None]) -> None:
        """From any thread: calls `function` on the thread of run_until()."""
        self._calls.append(function)
        with self._lock:
            if not self._closed:
                with suppress(BlockingIOError):  # it is full, so it rings already
                    os.write(self._ringer, b".")

    def call_at(self, when: float, function: Callable[[], None]) -> None:
        """Calls it when monotonic() has come to `when`."""
        heapq.heappush(self._timers, (when, next(self._numbers), function, True))

    def look_at(self, when: float, function: Callable[[], None]) -> None:
        """As call_at(), for what only looks: the pipeline doesn't wait for it."""
        heapq.heappush(self._timers, (when, next(self._numbers), function, False))

    @property
    def awaited(self) -> bool:
        """Whether an answer or a time is still to come."""
        return bool(self._watched or self._calls) or any(t[3] for t in self._timers)

    def wait(self) -> None:
        """Sleeps until something has happened, and calls what belongs to it."""
        timeout = None
        if self._calls:
            timeout = 0.0
        elif self._timers:
            timeout = max(0.0, self._timers[0][0] - monotonic()) * 1000
        ready = self._poll.poll(timeout)
        for descriptor, _ in ready:
            if descriptor == self._bell:
                os.read(self._bell, 1 << 16)
        for token in sorted(self._port.drain()) if ready else ():
            self._watched.pop(token)()
        while self._calls:
            self._calls.popleft()()
        while self._timers and self._timers[0][0] <= monotonic():
            heapq.heappop(self._timers)[2]()

    def close(self) -> None:
        # Under the lock, so that nobody rings at a descriptor that is another's.
        with self._lock:
            self._closed = True
            os.close(self._bell)
            os.close(self._ringer)
        # Now, not when the garbage collector finds them: a descriptor is in it.
        del self._port
        self._watched.clear()
        self._timers.clear()
        self._calls.clear()
