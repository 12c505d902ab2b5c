# SPDX-License-Identifier: Apache-2.0
"""Names, groups, routers: an actor that joins, waits, and notes what it gets."""

import troupe

seen = []


def receive(message):
    seen.append(message)
    return message


@troupe.handler
def note(*args, **kwargs):
    seen.append((*args, *kwargs.values()))
    return troupe.context.name


@troupe.handler
def history():
    return seen


@troupe.handler
def join(group):
    return troupe.context.system.group(group).join()


@troupe.handler
def leave(group):
    return group.leave()


@troupe.handler
def take(name):
    troupe.context.system.register(name, troupe.context.self)


@troupe.handler
def find(name, timeout=None):
    return troupe.context.system.wait_for(name, timeout).name


@troupe.handler
def ask_when_there(name):
    """Answers at once; asks whoever gets the name, on a turn of its own."""
    future = troupe.context.system.when_named(name)
    future.add_done_callback(lambda done: done.result().tell.note("hello"))


@troupe.handler
def who_asked():
    return troupe.context.sender


@troupe.handler
def fail(text):
    raise ValueError(text)
