# SPDX-License-Identifier: Apache-2.0
"""A chat over TCP: `chat --port 4000`, then `nc localhost 4000` in other terminals.

    guest --lines--> server --what is said--> room x N --to whom--> server --lines--> guests

The server is one actor, whose event loop has all connections; each room is an
actor too. Without a port, three guests talk to it over real sockets.
"""

import argparse


def main(system, args):
    options = _options(args)
    server = system.spawn("server", options.port or 0, name="server")
    port = server.ask.port().result()
    if options.port is not None:
        print(f"Come in: nc localhost {port}. Ctrl-C closes.", flush=True)
        server.join()
    else:
        talk(system, port)


def talk(system, port):
    """A conversation, and what each guest saw of it."""
    guests = {
        name: system.spawn("guest", port, name=name, home="shared:guests")
        for name in ("Ann", "Ben", "Cay")
    }

    def each_sees(line, *names):
        for name in names:
            guests[name].ask.see(line).result(timeout=30)

    def type_in(name, line):
        guests[name].ask.type(line).result(timeout=30)

    for name in guests:
        each_sees("* your name?", name)
        type_in(name, name)
        each_sees("* /join ROOM, /rooms, /quit", name)
    for name, *present in ("Ann", "Ann"), ("Ben", "Ann", "Ben"):
        type_in(name, "/join garden")
        each_sees(f"* {name} came into garden", *present)
    type_in("Ann", "Are the pears ripe?")
    each_sees("Ann: Are the pears ripe?", "Ann", "Ben")
    type_in("Cay", "/join garden")
    each_sees("* said before:", "Cay")
    each_sees("Ann: Are the pears ripe?", "Cay")
    each_sees("* Cay came into garden", *guests)
    type_in("Cay", "They are on the ground.")
    each_sees("Cay: They are on the ground.", *guests)
    type_in("Ben", "/join kitchen")
    each_sees("* Ben went out of garden", "Ann", "Cay")
    each_sees("* Ben came into kitchen", "Ben")
    type_in("Ann", "/rooms")
    each_sees("* garden: 2, kitchen: 1", "Ann")
    type_in("Ann", "/quit")
    each_sees("* Ann went out of garden", "Cay")
    for name, guest in guests.items():
        print(f"--- {name}")
        print(*guest.ask.seen().result(timeout=30), sep="\n")


def _options(args):
    parser = argparse.ArgumentParser(
        prog="chat", description="A chat over TCP; without a port, a conversation.")
    parser.add_argument("--port", type=int, help="where to listen, on localhost (0: anywhere)")
    options = parser.parse_args(args)
    if options.port is not None and not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, not {options.port}")
    return options
