# SPDX-License-Identifier: Apache-2.0
"""Tests that are coroutines: an event loop in the system's time."""

import asyncio
import selectors
from typing import Any

from troupe._core import TestKit


class _Selector(selectors.EpollSelector):
    """Where an ordinary loop would sleep, the system goes on."""

    def __init__(self, kit: TestKit) -> None:
        super().__init__()
        self._kit = kit

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events and timeout != 0:
            self._kit.wait_readable(self.fileno(), timeout)
            events = super().select(0)
        return events


class StepLoop(asyncio.SelectorEventLoop):
    """For tests: what is awaited makes the system run, and time is its time."""

    def __init__(self, kit: TestKit) -> None:
        super().__init__(_Selector(kit))
        self._kit = kit

    def time(self) -> float:
        return self._kit.now()
