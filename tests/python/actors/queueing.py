# SPDX-License-Identifier: Apache-2.0
"""An actor that waits on what threads wait on."""

import troupe


@troupe.handler
def put(items, *values):
    for value in values:
        items.put(value)


@troupe.handler
def take(items, timeout=None):
    return items.get(timeout=timeout)


@troupe.handler
async def take_async(items):
    return await items.get_async()


@troupe.handler
def append(lock, items, value):
    with lock:
        items.put(items.get() + [value])


@troupe.handler
def pass_barrier(barrier):
    return barrier.wait()


@troupe.handler
def wait_for(event):
    return event.wait()


@troupe.handler
def compute():
    with troupe.ActorPoolExecutor(1) as executor:
        return executor.submit(abs, -1).result()
