# SPDX-License-Identifier: Apache-2.0
"""`async def` handlers beside plain ones; and a line sent over TCP to a server
that sends it back: an actor's event loop beside asyncio's own."""

import socket
import subprocess
import sys
import time

import rounds


def main(system, args):
    options = rounds.Options(args, __doc__)
    handlers(system, options)
    echo(system, options)


def handlers(system, options):
    contest = rounds.Contest("A handler's turn", unit="us", scale=1e6)
    count = options.size(20_000)
    waits = system.spawn("async_server:Handlers")
    other = system.spawn("actors:Echo")
    contest.add("plain", lambda: seconds_each(waits.ask.plain, count))
    contest.add("async def, never suspends", lambda: seconds_each(waits.ask.at_once, count))
    contest.add("- suspends once (sleep(0))", lambda: seconds_each(waits.ask.suspends, count))
    contest.add("- awaits another actor's answer",
                lambda: seconds_each(waits.ask.awaits, count, other))
    contest.add("asyncio: create_task and await",
                rounds.peer("asyncio_task", count))
    contest.run(options.rounds)


def seconds_each(ask, count, *args):
    start = time.perf_counter()
    answers = [ask(*args) for _ in range(count)]
    answers[-1].result()
    return (time.perf_counter() - start) / count


def echo(system, options):
    contest = rounds.Contest("A line over TCP and back", unit="us", scale=1e6)
    port = system.spawn("async_server:Server").ask.port().result()
    count = options.size(5_000)
    for connections in 1, 50:
        name = "one connection" if connections == 1 else f"{connections} at once, each"
        contest.add(f"asyncio in another process, {name}",
                    lambda n=connections: with_asyncio(n, count))
        contest.add(f"an actor, {name}", lambda n=connections: round_trip(port, n, count))
    contest.run(options.rounds)


def with_asyncio(connections, count):
    with subprocess.Popen([sys.executable, rounds.HERE + "/peers.py", "serve", "0"],
                          stdout=subprocess.PIPE, text=True) as server:
        try:
            return round_trip(int(server.stdout.readline()), connections, count)
        finally:
            server.kill()


def round_trip(port, connections, count):
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    line = b"x" * 63 + b"\n"
    for each in sockets:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    trips = max(1, count // connections)
    start = time.perf_counter()
    for _ in range(trips):
        for each in sockets:
            each.sendall(line)
        for each in sockets:
            each.recv(64, socket.MSG_WAITALL)
    seconds = time.perf_counter() - start
    for each in sockets:
        each.close()
    return seconds / trips / connections
