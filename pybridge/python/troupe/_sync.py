# SPDX-License-Identifier: Apache-2.0
"""Lock, Semaphore, Event, Condition and Barrier across actors.

All of them are channels: to acquire is to get a token, to release is to put it
back. So whoever waits is woken at once, can be killed, and lets others of its
system go on. They can be sent in messages, and are the same thing there. Actors
seldom need them: one message at a time is a lock.
"""

from troupe._core import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self


def _limit(blocking: bool, timeout: "float | None") -> "float | None":
    if not blocking:
        if timeout is not None and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    return None if timeout is None or timeout == -1 else max(0.0, timeout)


class _Shared:
    _channel: Channel

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._channel == other._channel

    def __hash__(self) -> int:
        return hash(self._channel)


class Semaphore(_Shared):
    """At most `value` may have it at a time; as threading.Semaphore.

    >>> with troupe.Semaphore(2):
    ...     pass
    """

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._channel = Channel()
        self.release(value)

    def acquire(self, blocking: bool = True, timeout: "float | None" = None) -> bool:
        """Waits until it may be had; False if that isn't so after `timeout`
        seconds."""
        return self._channel.get(_limit(blocking, timeout)) is not None

    def release(self, n: int = 1) -> None:
        """Gives it back, n times."""
        for _ in range(n):
            self._channel.put(None)

    def __enter__(self) -> "Self":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Lock(_Shared):
    """One may have it at a time; as threading.Lock. Any may release it.

    >>> lock = troupe.Lock()
    >>> with lock:
    ...     lock.locked()
    True
    """

    def __init__(self) -> None:
        self._channel = Channel(1)
        self._channel.put(None)

    def acquire(self, blocking: bool = True, timeout: "float | None" = None) -> bool:
        """Waits until it is free; False if it isn't after `timeout` seconds."""
        return self._channel.get(_limit(blocking, timeout)) is not None

    def release(self) -> None:
        """Frees it. RuntimeError if it isn't locked."""
        if self._channel.put(None, 0) != 0:
            raise RuntimeError("release unlocked lock")

    def locked(self) -> bool:
        """Whether somebody has it."""
        return len(self._channel) == 0

    def __enter__(self) -> "Self":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Event(_Shared):
    """Something that has happened or not; as threading.Event.

    >>> event = troupe.Event()
    >>> event.set()
    >>> event.wait(timeout=5)
    True
    """

    def __init__(self) -> None:
        self._channel = Channel(1)

    def is_set(self) -> bool:
        """Whether set() was called, and no clear() since."""
        return len(self._channel) != 0

    def set(self) -> None:
        """It has happened: all who wait go on."""
        self._channel.put(None, 0)

    def clear(self) -> None:
        """It hasn't happened."""
        self._channel.get(0)

    def wait(self, timeout: "float | None" = None) -> bool:
        """Waits until it has happened; False if it hasn't after `timeout`
        seconds."""
        return self._channel.wait(timeout)


class Condition(_Shared):
    """Waits for what others, who have the same lock, tell of; as
    threading.Condition.

    >>> ready = troupe.Condition()
    >>> with ready:
    ...     ready.notify()
    """

    def __init__(self, lock: "Lock | None" = None) -> None:
        self._lock = lock if lock is not None else Lock()
        self._channel = Channel()  # of the channels of those who wait
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def __getstate__(self) -> "tuple[Lock, Channel]":
        return self._lock, self._channel

    def __setstate__(self, state: "tuple[Lock, Channel]") -> None:
        self._lock, self._channel = state
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def wait(self, timeout: "float | None" = None) -> bool:
        """Frees the lock, waits to be notified, takes the lock again.

        False if nobody has notified after `timeout` seconds. RuntimeError
        without the lock.
        """
        self._check()
        mine = Channel(1)
        self._channel.put(mine)
        self.release()
        try:
            told = mine.get(timeout) is not None
            mine.close()  # a notify() that comes now is for another one
            return told or len(mine) != 0
        finally:
            mine.close()
            self.acquire()

    def wait_for(
        self, predicate: "Callable[[], bool]", timeout: "float | None" = None
    ) -> bool:
        """Waits until predicate() is true, and returns what it is in the end."""
        from time import monotonic

        until = None if timeout is None else monotonic() + timeout
        while not (outcome := predicate()):
            left = None if until is None else until - monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return outcome

    def notify(self, n: int = 1) -> None:
        """Lets n of those who wait go on, once the lock is free."""
        self._check()
        while n > 0 and (waiting := self._channel.get(0)) is not None:
            if waiting[2].put(None, 0) == 0:
                n -= 1

    def notify_all(self) -> None:
        """Lets all go on who wait."""
        self.notify(len(self._channel))

    def _check(self) -> None:
        if not self._lock.locked():
            raise RuntimeError("a Condition is used with its lock acquired")

    def __enter__(self) -> "Self":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Barrier(_Shared):
    """Each of `parties` waits until all do; as threading.Barrier. It can be used
    again and again.

    >>> troupe.Barrier(1).wait()
    0
    """

    def __init__(self, parties: int, timeout: "float | None" = None) -> None:
        if parties < 1:
            raise ValueError("parties must be >= 1")
        self._parties, self._timeout = parties, timeout
        # Holds the state, which whoever changes it takes out meanwhile: how
        # many have come, whether it is broken, and where they wait: what is
        # put there lets all go on, what is closed there breaks it.
        self._channel = Channel(1)
        self._channel.put((0, False, Channel(1)))

    def wait(self, timeout: "float | None" = None) -> int:
        """Waits until all have come; returns which one this was, from 0.

        threading.BrokenBarrierError, for all, if that takes more than `timeout`
        seconds (None: those of the barrier), or after abort().
        """
        came, broken, gate = self._take()
        if broken:
            self._put(came, broken, gate)
            raise _broken()
        if came + 1 == self._parties:
            gate.put(None)
            self._put(0, False, Channel(1))
            return came
        self._put(came + 1, False, gate)
        try:
            passed = gate.wait(self._timeout if timeout is None else timeout)
        except BaseException:
            self._break(gate)
            raise
        if not passed:
            self._break(gate)
        if len(gate) == 0:
            raise _broken()
        return came

    def reset(self) -> None:
        """As new; those who wait get BrokenBarrierError."""
        _, _, gate = self._take()
        gate.close()
        self._put(0, False, Channel(1))

    def abort(self) -> None:
        """Breaks it: all who wait, and who come later, get BrokenBarrierError."""
        came, _, gate = self._take()
        gate.close()
        self._put(came, True, gate)

    def _break(self, gate: Channel) -> None:
        came, broken, now = self._take()
        if now == gate and len(gate) == 0:
            gate.close()
            broken = True
        self._put(came, broken, now)

    def _take(self) -> "tuple[int, bool, Channel]":
        state = self._channel.get()
        assert state is not None
        came, broken, gate = state[2]
        return came, broken, gate

    def _put(self, came: int, broken: bool, gate: Channel) -> None:
        self._channel.put((came, broken, gate))

    @property
    def parties(self) -> int:
        """How many have to come."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many wait at this moment."""
        state = self._take()
        self._put(*state)
        return 0 if state[1] else state[0]

    @property
    def broken(self) -> bool:
        """Whether it is broken."""
        state = self._take()
        self._put(*state)
        return state[1]


def _broken() -> Exception:
    from threading import BrokenBarrierError

    return BrokenBarrierError()
