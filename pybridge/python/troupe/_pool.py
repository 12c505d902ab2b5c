# SPDX-License-Identifier: Apache-2.0
"""troupe.Pool: the interface of multiprocessing.Pool, on actors."""

import threading
import weakref
from concurrent.futures import wait as _wait_for
from itertools import batched, count
from multiprocessing import TimeoutError as _PoolTimeoutError

from troupe._core import Sealed
from troupe._crew import Crew, cores, limit_of_tasks
from troupe._imap import Unordered, Ordered, Results
from troupe._shipping import BY_VALUE
from troupe._worker import run_calls, run_chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from troupe._core import System

    T = TypeVar("T")


class PoolTimeout(_PoolTimeoutError, TimeoutError):
    """The result isn't there yet: multiprocessing.TimeoutError, and Python's own."""


class AsyncResult:
    """The outcome to come of Pool.apply_async()."""

    def __init__(self, future, callback, error_callback):
        self._future = future
        if callback is not None or error_callback is not None:
            future.add_done_callback(
                lambda future: _call_back(self, callback, error_callback)
            )

    def ready(self):
        """Whether the call is done."""
        return self._future.done()

    def successful(self):
        """Whether it raised nothing. ValueError if it isn't done."""
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return self._error() is None

    def wait(self, timeout=None):
        """Waits until it is done, at most `timeout` seconds."""
        _wait_for([self._future], timeout)

    def get(self, timeout=None):
        """Waits for the result, and returns it or raises what the call raised.

        Raises multiprocessing.TimeoutError after `timeout` seconds.
        """
        self.wait(timeout)
        if not self.ready():
            raise PoolTimeout
        return self._value()

    def _error(self):
        return self._future.exception()

    def _value(self):
        return self._future.result()


class MapResult(AsyncResult):
    """The outcome to come of Pool.map_async() and starmap_async()."""

    def __init__(self, futures, callback, error_callback):
        self._futures = futures
        self._left = len(futures) + 1
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._callbacks = callback, error_callback
        for future in futures:
            future.add_done_callback(self._one_done)
        self._one_done(None)

    def _one_done(self, _):
        with self._lock:
            self._left -= 1
            if self._left:
                return
        self._done.set()
        _call_back(self, *self._callbacks)

    def ready(self):
        return self._done.is_set()

    def wait(self, timeout=None):
        self._done.wait(timeout)

    def _error(self):
        errors = (future.exception() for future in self._futures)
        return next((error for error in errors if error is not None), None)

    def _value(self):
        return [value for future in self._futures for value in future.result()]


def _call_back(result, callback, error_callback):
    error = result._error()
    if error is None:
        if callback is not None:
            callback(result._value())
    elif error_callback is not None:
        error_callback(error)


class Pool:
    """Workers that call functions, with the interface of multiprocessing.Pool.

    processes: how many workers, at most (None: one a core). They are actors, each
        in an interpreter of its own, and no processes but with home="process".
    maxtasksperchild: how many tasks a worker runs before another one takes its
        place (None: no limit); a chunk of map() is one task.
    initializer, initargs, home, system: as for troupe.ActorPoolExecutor, which
        says, too, how functions are sent.

    A worker that dies isn't replaced, as its task would be waited for in vain:
    all that isn't done raises troupe.BrokenActorPool then.

    >>> with troupe.Pool(2) as pool:
    ...     print(pool.map(abs, [-1, -2]), pool.apply(pow, (2, 10)))
    [1, 2] 1024
    """

    _numbers = count(1)

    def __init__(
        self,
        processes: "int | None" = None,
        initializer: "Callable[..., object] | None" = None,
        initargs: "Iterable[Any]" = (),
        maxtasksperchild: "int | None" = None,
        *,
        home: str = "own",
        system: "System | None" = None,
    ) -> None:
        if processes is None:
            processes = cores()
        if processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        most_tasks = limit_of_tasks("maxtasksperchild", maxtasksperchild, home)
        begin = None
        if initializer is not None:
            what = initializer, tuple(initargs)
            begin = Sealed(what, "initializer", BY_VALUE)
        name = f"Pool-{next(self._numbers)}"
        self._processes = processes
        self._crew = Crew(processes, name, begin, home, system, most_tasks)
        self._streams: "weakref.WeakSet[Results]" = weakref.WeakSet()
        self._open = True
        weakref.finalize(self, self._crew.close).atexit = False

    # One call.

    def apply(
        self,
        func: "Callable[..., T]",
        args: "Iterable[Any]" = (),
        kwds: "dict[str, Any]" = {},  # noqa: B006 (as in multiprocessing)
    ) -> "T":
        """Calls func(*args, **kwds) in a worker, and waits for what it returns."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: "Callable[..., Any]",
        args: "Iterable[Any]" = (),
        kwds: "dict[str, Any]" = {},  # noqa: B006
        callback: "Callable[[Any], object] | None" = None,
        error_callback: "Callable[[BaseException], object] | None" = None,
    ) -> AsyncResult:
        """As apply(), but returns an AsyncResult at once.

        callback(result), or error_callback(exception), is called on a thread of
        the pool, so it should be brief.
        """
        future = self._submit(func, *args, **kwds)
        return AsyncResult(future, callback, error_callback)

    # Many calls.

    def map(
        self,
        func: "Callable[[Any], T]",
        iterable: "Iterable[Any]",
        chunksize: "int | None" = None,
    ) -> "list[T]":
        """The results of func(item) for each item, as a list.

        chunksize: how many calls make one task (None: a fitting number).
        """
        return self.map_async(func, iterable, chunksize).get()

    def starmap(
        self,
        func: "Callable[..., T]",
        iterable: "Iterable[Iterable[Any]]",
        chunksize: "int | None" = None,
    ) -> "list[T]":
        """As map(), for func(*item)."""
        return self.starmap_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: "Callable[[Any], Any]",
        iterable: "Iterable[Any]",
        chunksize: "int | None" = None,
        callback: "Callable[[Any], object] | None" = None,
        error_callback: "Callable[[BaseException], object] | None" = None,
    ) -> MapResult:
        """As map(), but returns an AsyncResult at once; see apply_async()."""
        futures = self._chunks(run_calls, func, iterable, chunksize)
        return MapResult(futures, callback, error_callback)

    def starmap_async(
        self,
        func: "Callable[..., Any]",
        iterable: "Iterable[Iterable[Any]]",
        chunksize: "int | None" = None,
        callback: "Callable[[Any], object] | None" = None,
        error_callback: "Callable[[BaseException], object] | None" = None,
    ) -> MapResult:
        """As map_async(), for func(*item)."""
        futures = self._chunks(run_chunk, func, iterable, chunksize)
        return MapResult(futures, callback, error_callback)

    def imap(
        self,
        func: "Callable[[Any], T]",
        iterable: "Iterable[Any]",
        chunksize: int = 1,
    ) -> "Iterator[T]":
        """An iterator of the results of func(item), in order.

        The iterable is read on a thread of its own, at most a thousand tasks
        ahead of you (but all of it after close()); so it may be endless. The
        iterator has next(timeout), which raises multiprocessing.TimeoutError.
        """
        return self._stream(Ordered, func, iterable, chunksize)

    def imap_unordered(
        self,
        func: "Callable[[Any], T]",
        iterable: "Iterable[Any]",
        chunksize: int = 1,
    ) -> "Iterator[T]":
        """As imap(), in the order in which they are done."""
        return self._stream(Unordered, func, iterable, chunksize)

    def _submit(self, function, *args, **kwargs):
        if not self._open:
            raise ValueError("Pool not running")
        return self._crew.submit(function, args, kwargs)

    def _chunks(self, run, function, iterable, chunksize):
        items = list(iterable)
        if chunksize is None:
            chunksize = -(-len(items) // (self._processes * 4)) or 1
        _check_chunksize(chunksize)
        chunks = batched(items, chunksize)
        return [self._submit(run, function, chunk) for chunk in chunks]

    def _stream(self, kind, function, iterable, chunksize):
        _check_chunksize(chunksize)
        if not self._open:
            raise ValueError("Pool not running")
        chunks = batched(iterable, chunksize)
        stream = kind(self._crew.submit, function, chunks, PoolTimeout)
        self._streams.add(stream)
        return stream

    # The end.

    def close(self) -> None:
        """No more calls are taken; those that were given are done."""
        self._open = False
        for stream in list(self._streams):
            stream.read_on()
        self._crew.close_after([stream.feeder for stream in self._streams])

    def terminate(self) -> None:
        """Ends the workers at once. What isn't done raises BrokenActorPool."""
        self._open = False
        self._crew.terminate("the pool was terminated")
        for stream in list(self._streams):
            stream.read_on()

    def join(self) -> None:
        """After close() or terminate(): waits until the workers have ended."""
        if self._open:
            raise ValueError("Pool is still running")
        for stream in list(self._streams):
            stream.feeder.join()
        self._crew.join()

    def __enter__(self) -> "Pool":
        if not self._open:
            raise ValueError("Pool not running")
        return self

    def __exit__(self, *_: object) -> None:
        self.terminate()


def _check_chunksize(chunksize):
    if chunksize < 1:
        raise ValueError(f"Chunksize must be 1+, not {chunksize}")
