# SPDX-License-Identifier: Apache-2.0
"""troupe.ActorPoolExecutor: the interface of concurrent.futures, on actors."""

import weakref
from concurrent.futures import _base
from functools import partial
from itertools import batched, count

from troupe._core import Sealed
from troupe._crew import BrokenActorPool, Crew, cores, limit_of_tasks
from troupe._shipping import BY_VALUE
from troupe._worker import BEFORE, run_chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, ParamSpec, TypeVar

    from troupe._core import System

    T = TypeVar("T")
    P = ParamSpec("P")

__all__ = ["ActorPoolExecutor", "BrokenActorPool"]


class ActorPoolExecutor(_base.Executor):
    """An executor whose workers are actors, each in an interpreter of its own.

    max_workers: how many tasks run at a time, at most (None: one a core).
        Workers are started when they are needed.
    thread_name_prefix: what the workers' names begin with.
    initializer: called as initializer(*initargs) in each worker before its
        first task. If it raises, the executor is broken: BrokenActorPool.
    home: where the workers live, as for System.spawn(): "own"; "process", each in
        a process of its own, for functions that need modules which refuse
        subinterpreters, or that may crash; "main", for such one at a time.
    max_tasks_per_child: how many tasks a worker runs, at most; then another one
        takes its place, in a new interpreter (None: no limit). So what tasks
        leak goes. With home="own" only.
    system: the System whose actors they are. None: that of the actor or of the
        launcher's program that makes the executor, else one of its own.

    Functions go by their import path; lambdas, closures and what __main__
    defines are sent as code. Arguments and results are copied, as in messages.
    May be used from several threads.

    >>> with troupe.ActorPoolExecutor(2) as executor:
    ...     future = executor.submit(pow, 2, 10)
    ...     print(future.result(), list(executor.map(abs, (-1, -2))))
    1024 [1, 2]
    """

    _numbers = count(1)

    def __init__(
        self,
        max_workers: "int | None" = None,
        thread_name_prefix: str = "",
        initializer: "Callable[..., object] | None" = None,
        initargs: "tuple[Any, ...]" = (),
        *,
        home: str = "own",
        max_tasks_per_child: "int | None" = None,
        system: "System | None" = None,
    ) -> None:
        if max_workers is None:
            max_workers = cores()
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        most_tasks = limit_of_tasks("max_tasks_per_child", max_tasks_per_child, home)
        begin = None
        if initializer is not None:
            begin = Sealed((initializer, initargs), "initializer", BY_VALUE)
        name = thread_name_prefix or f"ActorPoolExecutor-{next(self._numbers)}"
        self._crew = crew = Crew(
            max_workers, name, begin, home, system, most_tasks
        )
        self._max_workers = max_workers
        # Nobody can submit any more when the executor is gone.
        weakref.finalize(self, crew.close).atexit = False

    def submit(
        self, fn: "Callable[P, T]", /, *args: "P.args", **kwargs: "P.kwargs"
    ) -> "_base.Future[T]":
        return self._crew.submit(fn, args, kwargs)

    submit.__doc__ = _base.Executor.submit.__doc__

    def map(
        self,
        fn: "Callable[..., T]",
        *iterables: "Iterable[Any]",
        timeout: "float | None" = None,
        chunksize: int = 1,
        buffersize: "int | None" = None,
    ) -> "Iterator[T]":
        """Returns an iterator equivalent to map(fn, *iterables), in parallel.

        timeout: seconds from the call of map() after which the iterator raises
            TimeoutError (None: never).
        chunksize: how many calls make one task.
        buffersize: how many tasks are submitted whose results have not been
            taken yet (None: all, at once), so iterables may be endless.

        What a call raises is raised when its result is asked for.
        """
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        more = {} if buffersize is None else {"buffersize": buffersize}
        if chunksize == 1:
            return super().map(fn, *iterables, timeout=timeout, **more)
        chunks = batched(zip(*iterables), chunksize)
        return _each(
            super().map(partial(run_chunk, fn), chunks, timeout=timeout, **more)
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._crew.close()
        if cancel_futures:
            self._crew.cancel_all()
        if wait:
            self._crew.join()

    shutdown.__doc__ = _base.Executor.shutdown.__doc__


    def terminate_workers(self) -> None:
        """Ends the workers at once; what isn't done raises BrokenActorPool."""
        self._crew.terminate("the workers were terminated")
        self._crew.join()

    kill_workers = terminate_workers


def _each(chunks: "Iterator[list[T]]") -> "Iterator[T]":
    try:
        for results in chunks:
            results.reverse()
            while results:
                yield results.pop()
    except Exception as error:
        yield from error.__dict__.pop(BEFORE, ())
        raise
    finally:
        chunks.close()  # type: ignore[attr-defined]
