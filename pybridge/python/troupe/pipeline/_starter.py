# SPDX-License-Identifier: Apache-2.0
"""Starts replicas beside the runner: it goes on with those that are there."""

import os
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

PATIENCE = 5.0  # seconds that close() waits for starts that are under way


class Starter:
    """Calls functions that wait for an actor's start, as many at a time as there
    are cores. Its threads end when there is nothing to start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._threads: set[threading.Thread] = set()
        self._most = len(os.sched_getaffinity(0))
        self.closed = False

    def call(self, job: Callable[[], None]) -> None:
        """On a thread, soon; in the order of the calls. A job raises nothing."""
        with self._lock:
            self._jobs.append(job)
            if len(self._threads) >= self._most:
                return
            thread = threading.Thread(
                target=self._run, name="troupe-pipeline-starter", daemon=True
            )
            self._threads.add(thread)
        thread.start()

    def close(self) -> None:
        """What hasn't begun never does; what has is waited for, but not for good: a
        job that ends later sees `closed`."""
        with self._lock:
            self.closed = True
            self._jobs.clear()
            left = list(self._threads)
        deadline = monotonic() + PATIENCE
        for thread in left:
            thread.join(max(0.0, deadline - monotonic()))

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._jobs:
                return self._jobs.popleft()
            self._threads.discard(threading.current_thread())
            return None
