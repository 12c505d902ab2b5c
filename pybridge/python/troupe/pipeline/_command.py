# SPDX-License-Identifier: Apache-2.0
"""`troupe map FUNCTION < lines`: a pipeline for the shell.

Each line of stdin is given to the function, and what it returns is printed:
nothing for None, a line for each element of a list, tuple or generator.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import troupe
from troupe.pipeline import _functions
from troupe.pipeline._builder import Pipeline
from troupe.pipeline._errors import DeadItem, PipelineError
from troupe.pipeline._stats import Result


def main(system: "troupe.System", args: list[str]) -> None:
    options = _options(args)
    sys.path.insert(0, os.getcwd())
    try:
        _functions.load(options.function)
    except (ImportError, AttributeError, ValueError) as error:
        finish(error)
    pipeline = Pipeline("map", ordered=not options.unordered, dead_letters=_tell)
    parallel = options.parallel or len(os.sched_getaffinity(0))
    pipeline = (
        pipeline.source(_lines(), name="stdin")
        .map(
            options.function,
            parallel=parallel,
            on_error="skip" if options.skip_errors else "fail",
        )
        .flat_map(_texts, parallel=parallel)
        .sink(_Output(), name="stdout")
    )
    result = finish(pipeline, system, options.progress)
    if result is not None and result.skipped:
        sys.exit(1)


def finish(
    what: Pipeline | Exception,
    system: "troupe.System | None" = None,
    progress: bool = False,
) -> Result | None:
    """Runs a pipeline for the shell: what goes wrong is told in words."""
    from troupe._faults import Unusable

    if isinstance(what, Exception):
        raise Unusable(str(what)) from None
    try:
        result = what.run(system, progress=progress)
    except PipelineError as error:
        cause = error.__cause__
        if isinstance(cause, BrokenPipeError):
            raise cause
        told = f"\n{cause.__cause__}" if cause is not None and cause.__cause__ else ""
        sys.exit(f"troupe: {error}{told}")
    if result.interrupted:
        raise KeyboardInterrupt
    return result


def _options(args: list[str]) -> Any:
    parser = argparse.ArgumentParser(
        prog="troupe map",
        description="Gives each line of stdin to a function, on all cores, and prints "
        "what it returns: nothing for None, a line for each element of a list.",
    )
    parser.add_argument("function", metavar="MODULE:FUNCTION")
    parser.add_argument("--parallel", metavar="N", type=int, help="default: one a core")
    parser.add_argument(
        "--unordered", action="store_true", help="print results as they come"
    )
    parser.add_argument(
        "--skip-errors", action="store_true",
        help="go on after an exception; it is told, and the exit code is 1",
    )
    parser.add_argument("--progress", action="store_true", help="show it on stderr")
    return parser.parse_args(args)


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        yield line.removesuffix("\n")


def _texts(found: Any) -> Iterable[str]:
    if found is None:
        return ()
    if isinstance(found, (list, tuple)) or hasattr(found, "__next__"):
        return map(str, found)
    return (str(found),)


def _tell(dead: DeadItem) -> None:
    error = dead.error
    print(
        f"troupe: {dead.item!r}: {type(error).__name__}: {error}",
        file=sys.stderr, flush=True,
    )


class _Output:
    """Lines on stdout; flushed each time, so that a reader gets what there is."""

    def write(self, items: Sequence[str]) -> None:
        sys.stdout.write("\n".join(items) + "\n")
        sys.stdout.flush()
