# SPDX-License-Identifier: Apache-2.0
"""The options of stages: which there are, and what they may be."""

from typing import Any

from troupe.pipeline import _policies

MISSING: Any = object()

_COMMON = {"parallel", "on_error", "ordered", "home", "name", "fuse", "concurrency"}
_COMMON |= {"args", "max_restarts"}
_MORE = {
    "scan": {"initial", "has_initial"},
    "reduce": {"initial", "has_initial", "shards"},
}


def checked(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given; a mistake is a TypeError or ValueError."""
    known = _COMMON | _MORE.get(kind, set())
    for name in options:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{kind}() has no option {name!r}{hint}")
    _policies.plain(options.get("on_error", "fail"))
    _check_parallel(kind, options.get("parallel"))
    counts = ("shards", "concurrency", "max_restarts")
    positive(f"{kind}()", **{name: options.get(name) for name in counts})
    return {key: value for key, value in options.items() if value is not None or key == "initial"}


def positive(where: str, **numbers: Any) -> None:
    for name, number in numbers.items():
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number <= 0:
            raise ValueError(f"{where}: {name} must be more than 0, not {number!r}")


def _check_parallel(kind: str, parallel: Any) -> None:
    bounds = parallel if isinstance(parallel, tuple) else (parallel, parallel)
    if parallel in (None, "auto"):
        return
    if len(bounds) != 2 or not all(type(n) is int for n in bounds):
        raise TypeError(
            f"{kind}(): parallel is a number, (least, most) or 'auto'; not {parallel!r}"
        )
    if not 1 <= bounds[0] <= bounds[1] <= 1000:
        raise ValueError(f"{kind}(): parallel is from 1 to 1000, not {parallel!r}")
