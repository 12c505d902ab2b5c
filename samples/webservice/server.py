# SPDX-License-Identifier: Apache-2.0
"""All connections, in one event loop, which never computes: workers do."""

import asyncio
import json
from http import HTTPStatus

import troupe

LARGEST = 10**13
server = None
workers = None
connections = set()


async def started(pool, port):
    global server, workers
    workers = pool
    server = await asyncio.start_server(serve, "127.0.0.1", port)


async def stopping(reason):
    server.close()
    for writer in connections:
        writer.close()


@troupe.handler
def port():
    return server.sockets[0].getsockname()[1]


async def serve(reader, writer):
    connections.add(writer)
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(response(*await answer(head.split(b"\r\n")[0].decode("latin-1"))))
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass  # it is gone, or speaks no HTTP
    finally:
        connections.discard(writer)
        writer.close()


async def answer(request):
    """The status and the body for a line such as "GET /factors/12 HTTP/1.1"."""
    method, _, rest = request.partition(" ")
    path = rest.rpartition(" ")[0]
    if method != "GET":
        return HTTPStatus.METHOD_NOT_ALLOWED, {"error": "only GET is known"}
    if path == "/health":
        return HTTPStatus.OK, {"queued": workers.queued}
    if not path.startswith("/factors/"):
        return HTTPStatus.NOT_FOUND, {"error": "there are /factors/N and /health"}
    text = path.removeprefix("/factors/")
    if not text.isdecimal() or not 1 <= int(text[:20]) <= LARGEST:
        return HTTPStatus.BAD_REQUEST, {"error": f"N is from 1 to {LARGEST}"}
    try:
        found = await workers.options(timeout=30).ask.factors(int(text))
    except (troupe.TroupeError, TimeoutError) as error:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)}
    return HTTPStatus.OK, {"n": int(text), "factors": found}


def response(status, body):
    content = json.dumps(body).encode() + b"\n"
    head = (f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n")
    return head.encode() + content
