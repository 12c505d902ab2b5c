# SPDX-License-Identifier: Apache-2.0
"""Looks how late timers are: those of an event loop, of threads, or of whoever
starts them."""

import asyncio
import random
import threading
import time


def second_latest(lateness):
    return sorted(lateness)[-2]


def delay():
    return random.uniform(0.001, 0.02)


async def asleep(count):
    lateness = []
    for _ in range(count):
        due = time.monotonic() + (seconds := delay())
        await asyncio.sleep(seconds)
        lateness.append(time.monotonic() - due)
    return second_latest(lateness)


class Rounds:
    """Sets the next timer when one has gone off; at the end calls `done`."""

    def __init__(self, count, start, done):
        self.left, self.start, self.done = count, start, done
        self.lateness = []

    def next(self):
        seconds = delay()
        self.due = time.monotonic() + seconds
        self.start(seconds, self.ring)

    def ring(self):
        self.lateness.append(time.monotonic() - self.due)
        self.left -= 1
        if self.left:
            self.next()
        else:
            self.done(second_latest(self.lateness))


def with_threads(count):
    came = threading.Event()
    result = []

    def done(lateness):
        result.append(lateness)
        came.set()

    Rounds(count, lambda seconds, ring: threading.Timer(seconds, ring).start(), done).next()
    came.wait()
    return result[0]


async def with_loop(count):
    loop = asyncio.get_running_loop()
    result = loop.create_future()
    Rounds(count, loop.call_later, result.set_result).next()
    return await result
