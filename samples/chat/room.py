# SPDX-License-Identifier: Apache-2.0
"""Who is in one room, and what was said there."""

from collections import deque

import troupe

server = None
title = ""
names = {}  # number of a guest -> name
said = deque(maxlen=10)


def started(ref, name):
    global server, title
    server, title = ref, name


@troupe.handler
def join(number, name):
    if said:
        for line in ["* said before:", *said]:
            server.tell.deliver((number,), line)
    names[number] = name
    tell_all(f"* {name} came into {title}")


@troupe.handler
def leave(number):
    name = names.pop(number)
    tell_all(f"* {name} went out of {title}")


@troupe.handler
def say(number, line):
    said.append(f"{names[number]}: {line}")
    tell_all(said[-1])


@troupe.handler
def size():
    return len(names)


def tell_all(line):
    server.tell.deliver(tuple(names), line)
