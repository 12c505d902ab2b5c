# SPDX-License-Identifier: Apache-2.0
"""All connections: a coroutine each, in this actor's event loop."""

import asyncio
from itertools import count

import troupe

server = None
numbers = count(1)
writers = {}  # number of a guest -> where its lines go
rooms = {}  # name -> Ref of the room


async def started(port):
    global server
    server = await asyncio.start_server(serve, "127.0.0.1", port)


async def stopping(reason):
    server.close()
    for writer in writers.values():
        writer.write(b"* closed\n")
        writer.close()
    await asyncio.gather(
        *(writer.wait_closed() for writer in writers.values()), return_exceptions=True
    )


@troupe.handler
def port():
    return server.sockets[0].getsockname()[1]


@troupe.handler
def deliver(guests, line):
    """From a room. A guest that reads slowly fills its own buffer, nobody else's."""
    for number in guests:
        if number in writers:
            writers[number].write(f"{line}\n".encode())


async def serve(reader, writer):
    number = next(numbers)
    writers[number] = writer
    try:
        await talk(number, reader)
    except (ConnectionError, UnicodeDecodeError):
        pass  # it is gone, or no guest
    finally:
        del writers[number]
        writer.close()


async def talk(number, reader):
    room = None
    deliver([number], "* your name?")
    try:
        name = await read_line(reader) or f"guest {number}"
        deliver([number], "* /join ROOM, /rooms, /quit")
        while (line := await read_line(reader)) not in (None, "/quit"):
            if line == "/rooms":
                deliver([number], await list_rooms())
            elif line.startswith("/join "):
                if room:
                    room.tell.leave(number)
                room = find_room(line.removeprefix("/join "))
                room.tell.join(number, name)
            elif room:
                room.tell.say(number, line)
    finally:
        if room:
            room.tell.leave(number)


async def read_line(reader):
    line = await reader.readline()
    return line.decode().strip() if line else None


def find_room(name):
    if name not in rooms:
        rooms[name] = troupe.context.spawn(
            "room", troupe.context.self, name, name=f"room {name}", home="shared:rooms"
        )
    return rooms[name]


async def list_rooms():
    sizes = await asyncio.gather(*(room.ask.size() for room in rooms.values()))
    found = (f"{name}: {size}" for name, size in zip(rooms, sizes))
    return "* " + (", ".join(found) or "no rooms")
