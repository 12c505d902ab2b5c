# SPDX-License-Identifier: Apache-2.0
"""Somebody who asks for one thing after the other, over one connection."""

import asyncio
import time

import troupe


@troupe.handler
async def get(port, paths):
    """For each path: the status, and after how many seconds it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seen = []
    for path in paths:
        start = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        await reader.readexactly(int(head.partition("Content-Length: ")[2].split()[0]))
        seen.append((int(head.split()[1]), time.perf_counter() - start))
    writer.close()
    return seen
