# SPDX-License-Identifier: Apache-2.0
"""Waiting for several futures: gather(), wait(), as_completed().

They work in any thread. While a handler waits in them, other actors go on; a
kill, or Ctrl-C in the main thread, ends the wait. In asyncio use its own
functions instead, such as asyncio.gather(): futures can be awaited.
"""

from troupe import _core
from troupe.errors import AskTimeout

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from troupe._core import Arrivals, Future
    from troupe._done import DoneAndNotDone

    T = TypeVar("T")

# As in concurrent.futures, whose names do as well.
FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"


def gather(
    *futures: "Future[Any]",
    return_exceptions: bool = False,
    timeout: "float | None" = None,
) -> "list[Any]":
    """Waits for all of them, and returns their results in the order given.

    The first one that raises ends the wait, and its exception is raised here;
    the other requests go on. With return_exceptions=True exceptions are
    results like others. Raises AskTimeout if some have no answer after
    `timeout` seconds (None: each has its own limit, see Ref.options()); they
    stay open.

    >>> troupe.gather(*(counter.ask.top(n) for n in (1, 2)))
    [[('to', 1)], [('to', 1), ('be', 1)]]
    """
    _check(futures, "gather(*futures)")
    arrivals = _core.Arrivals(futures, timeout)
    try:
        arrived = arrivals.wait(len(futures), not return_exceptions)
    finally:
        arrivals.close()
    if not return_exceptions:
        for index in arrived:
            futures[index].result()  # raises, if this one did
    if len(arrived) < len(futures):
        raise AskTimeout(_no_answer(futures, timeout))
    if return_exceptions:
        return [_outcome(future) for future in futures]
    return [future.result() for future in futures]


def wait(
    futures: "Iterable[Future[T]]",
    timeout: "float | None" = None,
    return_when: str = ALL_COMPLETED,
) -> "DoneAndNotDone[T]":
    """Waits for some of them, and returns (done, not_done): two sets.

    return_when: ALL_COMPLETED, FIRST_COMPLETED (one or more are done), or
    FIRST_EXCEPTION (one has raised, or all are done). After `timeout` seconds
    it returns what is done by then. Nothing is cancelled.

    >>> done, not_done = troupe.wait([counter.ask.top(1)], timeout=5)
    >>> len(done), len(not_done)
    (1, 0)
    """
    asked = _distinct(futures, "wait(futures)")
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError(f"wait(return_when={return_when!r}): no such condition")
    arrivals = _core.Arrivals(asked, timeout)
    try:
        done = _wait(arrivals, asked, return_when)
    finally:
        arrivals.close()
    from troupe._done import DoneAndNotDone

    return DoneAndNotDone(done, set(asked) - done)


def _wait(
    arrivals: "Arrivals", asked: "list[Future[T]]", return_when: str
) -> "set[Future[T]]":
    done: set[Future[T]] = set()
    or_error = return_when == FIRST_EXCEPTION
    count = min(1, len(asked)) if return_when == FIRST_COMPLETED else len(asked)
    while len(done) < count:
        arrived = [asked[index] for index in arrivals.wait(count - len(done), or_error)]
        done.update(arrived)
        if not or_error or not arrived or any(map(_raised, arrived)):
            break
    return done


def as_completed(
    futures: "Iterable[Future[T]]", timeout: "float | None" = None
) -> "Iterator[Future[T]]":
    """The futures, each once, in the order in which they get done.

    Those that are done already come first. Raises AskTimeout when the next one
    isn't done `timeout` seconds after the call of as_completed().

    >>> for future in troupe.as_completed([counter.ask.top(1)], timeout=5):
    ...     print(future.result())
    [('to', 1)]
    """
    asked = _distinct(futures, "as_completed(futures)")
    return _as_completed(asked, _core.Arrivals(asked, timeout), timeout)


def _as_completed(
    asked: "list[Future[T]]", arrivals: "Arrivals", timeout: "float | None"
) -> "Iterator[Future[T]]":
    left = len(asked)
    try:
        while left:
            arrived = arrivals.wait(1)
            if not arrived:
                raise AskTimeout(_no_answer(asked, timeout))
            left -= len(arrived)
            for index in arrived:
                yield asked[index]
    finally:
        arrivals.close()


def _distinct(futures: "Iterable[Future[T]]", usage: str) -> "list[Future[T]]":
    if isinstance(futures, _core.Future):
        raise TypeError(f"troupe.{usage} takes several futures, in a list; not one")
    asked = list(dict.fromkeys(futures))
    _check(asked, usage)
    return asked


def _check(futures: "Sequence[Future[Any]]", usage: str) -> None:
    for future in futures:
        if not isinstance(future, _core.Future):
            raise TypeError(
                f"troupe.{usage} takes what ref.ask(...) returns, a troupe.Future; "
                f"not {type(future).__name__}"
            )


def _raised(future: "Future[Any]") -> bool:
    return not future.cancelled() and future.exception() is not None


def _outcome(future: "Future[Any]") -> "Any":
    error = future.exception()
    return future.result() if error is None else error


def _no_answer(futures: "Sequence[Future[Any]]", timeout: "float | None") -> str:
    missing = sum(not future.done() for future in futures)
    return (
        f"no answer to {missing} of {len(futures)} requests in {timeout:g} s; "
        "they stay open, and may be waited for again"
    )
