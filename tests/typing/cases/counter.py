# SPDX-License-Identifier: Apache-2.0
"""An actor that is a module, for the cases beside it."""

import troupe


def started(start: int = 0) -> None: ...


@troupe.handler
def add(n: int) -> None: ...


@troupe.handler
def top(n: int = 10) -> list[str]:
    return []


@troupe.handler
async def slowly(text: str) -> str:
    return text
