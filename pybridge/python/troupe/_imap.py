# SPDX-License-Identifier: Apache-2.0
"""The iterators of troupe.Pool.imap() and imap_unordered().

A thread (the feeder) reads the iterable and submits; a semaphore keeps it from
being too far ahead of whoever takes the results.
"""

import threading
import weakref
from concurrent.futures import wait
from queue import Empty, SimpleQueue
from time import monotonic

from troupe._worker import BEFORE, run_calls

_AHEAD = 1000  # tasks
_END = object()


class Results:
    """The base of both. What is put into the queue is a future, an exception
    that the iterable has raised, or _END."""

    def __init__(self, submit, function, chunks, timeout_error):
        self._submit, self._function = submit, function
        self._timeout_error = timeout_error
        self._queue = SimpleQueue()
        self._room = threading.Semaphore(_AHEAD)
        self._stopped = False
        self._values = []  # of the chunk at hand, the next one last
        self._error = None  # that comes after them
        self._over = False
        self.feeder = threading.Thread(
            target=self._feed, args=(chunks,), name="troupe-pool-feeder"
        )
        _all.add(self)
        self.feeder.start()

    def _feed(self, chunks):
        try:
            for chunk in chunks:
                self._room.acquire()
                if self._stopped:
                    break
                self._put(self._submit(run_calls, (self._function, chunk), {}))
        except BaseException as error:
            self._queue.put(error)
        self._fed()

    def read_on(self):
        """Reads the rest without waiting for anybody."""
        self._room.release(1 << 62)

    def stop(self):
        self._stopped = True
        self.read_on()

    def __iter__(self):
        return self

    def __next__(self):
        return self.next()

    def next(self, timeout=None):
        """The next result; raises multiprocessing.TimeoutError after `timeout`
        seconds, and may be called again then."""
        until = None if timeout is None else monotonic() + timeout
        while not self._values:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._over:
                raise StopIteration
            self._take(until)
        return self._values.pop()

    def _take(self, until):
        what = self._get(until)
        if what is _END:
            self._over = True
        elif isinstance(what, BaseException):
            self._error = what
        else:
            self._room.release()
            self._open(what)

    def _open(self, future):
        self._error = error = future.exception()
        if error is None:
            values = future.result()
        else:
            values = getattr(error, "__dict__", {}).pop(BEFORE, [])
        self._values = values[::-1]

    def _next_in_queue(self, until):
        left = None if until is None else max(0.0, until - monotonic())
        try:
            return self._queue.get(timeout=left)
        except Empty:
            raise self._timeout_error from None


class Ordered(Results):
    _first = None  # of those that were taken out of the queue

    def _put(self, future):
        self._queue.put(future)

    def _fed(self):
        self._queue.put(_END)

    def _get(self, until):
        if self._first is None:
            self._first = self._next_in_queue(until)
        first = self._first
        if first is not _END and not isinstance(first, BaseException):
            left = None if until is None else max(0.0, until - monotonic())
            if wait([first], left).not_done:
                raise self._timeout_error
        self._first = None
        return first


class Unordered(Results):
    def __init__(self, *args):
        self._lock = threading.Lock()
        self._open_ones = 1  # futures, and the feeder
        super().__init__(*args)

    def _put(self, future):
        with self._lock:
            self._open_ones += 1
        future.add_done_callback(self._done)

    def _done(self, future):
        self._queue.put(future)
        self._fed()

    def _fed(self):
        with self._lock:
            self._open_ones -= 1
            if self._open_ones:
                return
        self._queue.put(_END)

    def _get(self, until):
        return self._next_in_queue(until)


_all: "weakref.WeakSet[Results]" = weakref.WeakSet()


def _at_exit():
    for each in list(_all):
        each.stop()


threading._register_atexit(_at_exit)
