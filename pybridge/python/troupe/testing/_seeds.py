# SPDX-License-Identifier: Apache-2.0
"""Running a test in many orders."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable
from typing import Any

VARIABLE = "TROUPE_SEED"


def seeds(count: int = 100, first: int = 0) -> Iterable[int]:
    """The seeds to try: `count` of them; or only that of the environment
    variable TROUPE_SEED, if it is set.

    >>> for seed in seeds(100):
    ...     with TestSystem(seed) as system:
    ...         ...
    """
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return range(first, first + count)
    try:
        return [int(wanted)]
    except ValueError:
        raise ValueError(f"{VARIABLE}={wanted!r}: a seed is a number") from None


def interleavings(
    count: int = 100, first: int = 0
) -> Callable[[Callable[..., object]], Callable[..., None]]:
    """Calls a test once for each of `count` seeds, as its argument `seed`.

    The first one that fails ends it; the exception says which it was, and how
    to have it again.

    >>> @interleavings(100)
    ... def test_transfer(seed):
    ...     with TestSystem(seed) as system:
    ...         ...
    """
    if not isinstance(count, int):
        raise TypeError("write @interleavings(100), with the number of seeds")

    def decorate(test: Callable[..., object]) -> Callable[..., None]:
        if inspect.iscoroutinefunction(test):
            raise TypeError("@interleavings() is for tests that aren't async")
        signature = inspect.signature(test)
        if "seed" not in signature.parameters:
            raise TypeError(f"{test.__qualname__}() needs a parameter `seed`")

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            for seed in seeds(count, first):
                _run_one(test, seed, args, kwargs)

        # For pytest: `seed` is no fixture.
        others = [p for p in signature.parameters.values() if p.name != "seed"]
        run.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return run

    return decorate


def _run_one(
    test: Callable[..., object],
    seed: int,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    try:
        test(*args, seed=seed, **kwargs)
    except Exception as error:
        error.add_note(
            f"{test.__qualname__}() failed with seed {seed}; to have only that "
            f"again: {VARIABLE}={seed}"
        )
        raise
