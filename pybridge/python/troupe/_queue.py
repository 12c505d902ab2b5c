# SPDX-License-Identifier: Apache-2.0
"""troupe.Queue: the interface of queue.Queue, across interpreters and asyncio."""

import queue
from queue import Empty, Full

from troupe._core import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from troupe._core import Port

ShutDown: "type[Exception]" = getattr(queue, "ShutDown")  # noqa: B009 (no type yet)
_DONE, _FULL = 0, 1


class Queue:
    """A queue that actors, threads and asyncio tasks put to and get from.

    maxsize: how many items may wait (0: any number). It can be sent in messages
    and to workers of executors, and is the same queue there; items are copied.
    Whoever waits is woken at once. In a handler other actors go on meanwhile;
    an `async def` handler, and any other asyncio code, has get_async() and
    put_async().

    >>> queue = troupe.Queue()
    >>> queue.put("tea")
    >>> queue.get(timeout=5)
    'tea'
    """

    def __init__(self, maxsize: int = 0) -> None:
        self._channel = Channel(maxsize if maxsize > 0 else None)

    def put(
        self, item: object, block: bool = True, timeout: "float | None" = None
    ) -> None:
        """Adds an item, as soon as there is room.

        Raises queue.Full if there is none after `timeout` seconds, or at once
        if not `block`; queue.ShutDown after close(). TypeError, with the place
        in the item, for what can't be sent.
        """
        _check(self._channel.put(item, _limit(block, timeout)))

    def put_nowait(self, item: object) -> None:
        """put(item, block=False)"""
        self.put(item, False)

    async def put_async(self, item: object) -> None:
        """As put(), in asyncio."""
        while (outcome := self._channel.put(item, 0)) == _FULL:
            await _told(self._channel, self._channel.when_room)
        _check(outcome)

    def get(self, block: bool = True, timeout: "float | None" = None) -> "Any":
        """Removes the oldest item and returns it.

        Raises queue.Empty if there is none after `timeout` seconds, or at once
        if not `block`; queue.ShutDown when it is closed and empty.
        """
        return self._value(self._channel.get(_limit(block, timeout)))

    def get_nowait(self) -> "Any":
        """get(block=False)"""
        return self.get(False)

    async def get_async(self) -> "Any":
        """As get(), in asyncio."""
        while (item := self._channel.get(0)) is None and not self._channel.closed:
            await _told(self._channel, self._channel.when_filled)
        return self._value(item)

    def task_done(self) -> None:
        """What was got is dealt with: join() waits until all that was put is.

        ValueError if it is called more often than something was put.
        """
        if not self._channel.finish_one():
            raise ValueError("task_done() called too many times")

    def join(self) -> None:
        """Waits until task_done() was called for each item that was put.

        Returns at once if all were, or nothing was put yet.
        """
        self._channel.wait_finished()

    async def join_async(self) -> None:
        """As join(), in asyncio."""
        while not self._channel.wait_finished(0):
            await _told(self._channel, self._channel.when_finished)

    def _value(self, item: "tuple[int, int, Any] | None") -> "Any":
        if item is None:
            if self._channel.closed:
                raise ShutDown
            raise Empty
        _, kind, value = item
        if kind != 0:  # it can't be rebuilt here
            raise value
        return value

    def close(self) -> None:
        """Nothing more can be put; what is in there can still be got."""
        self._channel.close()

    def shutdown(self, immediate: bool = False) -> None:
        """As queue.Queue's: close(), and with `immediate` the items are dropped.

        What is dropped counts as done, so join() doesn't wait for it.
        """
        self._channel.close()
        if immediate:
            self._channel.withdraw_all()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._channel.closed

    @property
    def maxsize(self) -> int:
        """How many items may wait; 0: any number."""
        return self._channel.capacity or 0

    def qsize(self) -> int:
        """How many items wait at this moment."""
        return len(self._channel)

    def empty(self) -> bool:
        """Whether none waits at this moment."""
        return len(self._channel) == 0

    def full(self) -> bool:
        """Whether there is no room at this moment."""
        return 0 < self.maxsize <= len(self._channel)

    def __iter__(self) -> "Queue":
        return self

    def __next__(self) -> "Any":
        try:
            return self.get()
        except ShutDown:
            raise StopIteration from None

    def __aiter__(self) -> "Queue":
        return self

    async def __anext__(self) -> "Any":
        try:
            return await self.get_async()
        except ShutDown:
            raise StopAsyncIteration from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Queue) and self._channel == other._channel

    def __hash__(self) -> int:
        return hash(self._channel)


def _limit(block: bool, timeout: "float | None") -> "float | None":
    if not block:
        return 0
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    return timeout


def _check(outcome: int) -> None:
    if outcome == _FULL:
        raise Full
    if outcome != _DONE:
        raise ShutDown


async def _told(channel: Channel, when: "Callable[[Port, int], int]") -> None:
    """Waits until it is time to look again."""
    from troupe import _futures

    loop = _futures._running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    place = _futures._place_of_loop(loop)
    token = next(_futures._tokens)
    place.waiting[token] = wake
    waiting = when(place.port, token)
    try:
        await waiter
    except BaseException:
        place.waiting.pop(token, None)
        channel.give_up(waiting)
        raise
