# SPDX-License-Identifier: Apache-2.0
"""A key-value store that is its journal: what was answered is on disk.

A restart begins with empty globals, and reads the journal again.
"""

import json
import os

import troupe

values: dict[str, str] = {}
journal = -1  # a file descriptor
found = 0  # values that were there when this incarnation began
reasons: list[str] = []


def started(path: str) -> None:
    global journal, found
    journal = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    whole = 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break  # the last incarnation was killed as it wrote this
            key, value = json.loads(line)
            values[key] = value
            whole += len(line)
    os.ftruncate(journal, whole)
    found = len(values)


def restarted(failure: BaseException | None) -> None:
    reasons.append(type(failure).__name__)


@troupe.handler
def put(key: str, value: str) -> None:
    os.write(journal, json.dumps([key, value]).encode() + b"\n")
    values[key] = value


@troupe.handler
def get(key: str) -> str | None:
    return values.get(key)


@troupe.handler
def last_start() -> tuple[int, list[str]]:
    """How many values it found, and what had ended the one before."""
    return found, reasons
