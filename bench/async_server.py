# SPDX-License-Identifier: Apache-2.0
"""What async_handlers.py measures: handlers, and a server that echoes lines."""

import asyncio

import troupe


class Handlers:
    @troupe.handler
    def plain(self):
        return 1

    @troupe.handler
    async def at_once(self):
        return 1

    @troupe.handler
    async def suspends(self):
        await asyncio.sleep(0)
        return 1

    @troupe.handler
    async def awaits(self, other):
        return await other.ask(1)


class Server:
    async def started(self):
        self.server = await asyncio.start_server(echo, "127.0.0.1", 0)

    @troupe.handler
    def port(self):
        return self.server.sockets[0].getsockname()[1]


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
    writer.close()
