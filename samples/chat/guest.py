# SPDX-License-Identifier: Apache-2.0
"""A guest who types what it is told to, over a connection of its own."""

import asyncio

import troupe

reader = writer = None
lines = []


async def started(port):
    global reader, writer
    reader, writer = await asyncio.open_connection("127.0.0.1", port)


async def stopping(reason):
    writer.close()


@troupe.handler
async def type(line):
    writer.write(f"{line}\n".encode())
    await writer.drain()


@troupe.handler
async def see(expected):
    """Waits for the next line, which must be this one."""
    line = (await reader.readline()).decode().rstrip("\n")
    lines.append(line)
    if line != expected:
        raise AssertionError(f"saw {line!r} instead of {expected!r}")


@troupe.handler
def seen():
    return lines
