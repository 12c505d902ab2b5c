# SPDX-License-Identifier: Apache-2.0
"""Actors that are classes, and what Protocols say of them."""

from typing import Protocol

import troupe


class Counter:
    def __init__(self, start: int = 0, *, step: int = 1) -> None:
        self.total = start
        self.step = step

    @troupe.handler
    def add(self, n: int) -> int:
        self.total += n
        return self.total

    @troupe.handler
    async def slowly(self, text: str) -> str:
        return text

    @troupe.handler
    @staticmethod
    def version() -> str:
        return "1"

    @troupe.handler
    @classmethod
    def made(cls, n: int) -> bytes:
        return b""

    def receive(self, message: object) -> None: ...

    def not_marked(self) -> None: ...


class Doubler(Counter):
    @troupe.handler
    def double(self) -> None: ...


class Adding(Protocol):
    @troupe.handler
    def add(self, n: int) -> int: ...


class Subtracting(Protocol):
    def subtract(self, n: int) -> int: ...


class Crowd:
    def __init__(self, *names: str, name: str = "", **ages: int) -> None: ...

    @troupe.handler
    def leave(self) -> None: ...
