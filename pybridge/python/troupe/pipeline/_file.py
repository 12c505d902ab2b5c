# SPDX-License-Identifier: Apache-2.0
"""A pipeline from a TOML file: the same graph that the builder makes.

    [pipeline]
    name = "words"
    ordered = false

    [[step]]
    source = "lines"
    args = ["book.txt"]

    [[step]]
    map = "words:split"
    parallel = 4

    [[step]]
    sink = "json_lines"
    args = ["out.jsonl"]

Each [[step]] has one key that is a method of Pipeline; its value is the
method's first argument, `args` are more of them, and the other keys its options.
Steps of a branch are in [[step.branch]]: a table with a list `step`.
"""

import os
import sys
import tomllib
from typing import Any

import troupe
from troupe.pipeline import sinks, sources
from troupe.pipeline._builder import Pipeline
from troupe.pipeline._errors import PipelineError
from troupe.pipeline._policies import Retry

_PIPELINE = ("name", "ordered", "delivery", "dead_letters")
_FUNCTIONS = ("map", "filter", "flat_map", "tap", "scan", "distinct", "reduce", "key_by")
_NUMBERS = ("batch", "window", "take", "rate_limit")
_FORKS = ("broadcast", "balance", "partition")
_JOINS = ("merge", "zip")
_KINDS = ("source", "sink", *_FUNCTIONS, *_NUMBERS, *_FORKS, *_JOINS)
_SOURCES = ("lines", "csv_rows", "json_lines", "files", "ticks", "tcp_lines")
_SINKS = ("lines", "csv_rows", "json_lines", "files", "tcp_lines")


_MISTAKES = (PipelineError, TypeError, ValueError, AttributeError, ImportError)


def load(path: str) -> Pipeline:
    """The pipeline in a file; a PipelineError says what is wrong and where.

    The modules of its functions are imported, to see that they are there.
    """
    try:
        with open(path, "rb") as file:
            pipeline = build(tomllib.load(file))
        pipeline.plan()
        return pipeline
    except _MISTAKES as error:
        raise PipelineError(f"{path}: {error}") from error


def build(table: dict[str, Any]) -> Pipeline:
    """The pipeline that a file's tables describe."""
    _only(table, ("pipeline", "step"), "the file")
    options = dict(table.get("pipeline", {}))
    _only(options, _PIPELINE, "[pipeline]")
    if "dead_letters" in options:
        options["dead_letters"] = sinks.json_lines(options["dead_letters"])
    return _steps(Pipeline(**options), table.get("step", []), "[[step]]")


def _steps(pipeline: Pipeline, steps: list[dict[str, Any]], where: str) -> Pipeline:
    for number, step in enumerate(steps, 1):
        place = f"{where} {number}"
        kinds = [key for key in step if key in _KINDS]
        if len(kinds) != 1:
            found = f"has {' and '.join(kinds)}" if kinds else "has none"
            raise PipelineError(f"{place} needs one of {', '.join(_KINDS)}; it {found}")
        try:
            pipeline = _add(pipeline, kinds[0], dict(step), place)
        except (TypeError, ValueError, AttributeError, ImportError) as error:
            raise PipelineError(f"{place} ({kinds[0]}): {error}") from error
    return pipeline


def _add(pipeline: Pipeline, kind: str, step: dict[str, Any], place: str) -> Pipeline:
    value = step.pop(kind)
    args = step.pop("args", [])
    branches = [
        each["step"] if isinstance(each, dict) else each for each in step.pop("branch", [])
    ]
    if kind == "source":
        begin = getattr(sources, value)(*args, **step) if value in _SOURCES else value
        return pipeline.source(begin, *(() if value in _SOURCES else args))
    if kind == "sink":
        return pipeline.sink(_sink(value, args, step))
    if kind in _FUNCTIONS:
        return _add_function(pipeline, kind, value, args, step)
    first = [value] if kind in ("partition", *_NUMBERS) else []
    if kind in _NUMBERS and isinstance(value, dict):
        first, step = [], value | step
    made = [_steps(Pipeline(), each, f"{place}, branch") for each in branches]
    added: Pipeline = getattr(pipeline, kind)(*first, *args, *made, **step)
    return added


def _add_function(
    pipeline: Pipeline, kind: str, value: str, args: list[Any], step: dict[str, Any]
) -> Pipeline:
    if isinstance(step.get("on_error"), dict):
        step["on_error"] = Retry(**step["on_error"])
    if isinstance(step.get("parallel"), list):
        step["parallel"] = tuple(step["parallel"])
    if args:
        step["args"] = args
    if kind == "distinct" and not value:
        return pipeline.distinct(**step)
    added: Pipeline = getattr(pipeline, kind)(value, **step)
    return added


def _sink(value: str, args: list[Any], options: dict[str, Any]) -> Any:
    from troupe.pipeline import _functions

    if value in _SINKS:
        return getattr(sinks, value)(*args, **options)
    if value == "print":
        return print
    found = _functions.load(value)
    return found(*args) if isinstance(found, type) else found


def check(path: str) -> int:
    """`troupe check FILE.toml`: the exit code; says what `troupe run` would refuse."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        load(path)
    except (PipelineError, OSError) as error:
        print(f"troupe: {error}", file=sys.stderr)
        return 2
    return 0


def _only(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise PipelineError(f"unknown key {key!r} in {where}; it has {', '.join(known)}")


def main(system: "troupe.System", args: list[str]) -> None:
    """`troupe run FILE.toml`: runs it, and prints what comes out without a sink."""
    from troupe.pipeline._command import finish

    path, *words = args
    if words:
        sys.exit(f"troupe: {path}: a pipeline takes no arguments; not {words[0]!r}")
    folder = os.path.dirname(os.path.abspath(path))
    sys.path.insert(0, folder)
    try:
        pipeline = load(path)
        if not pipeline.graph.has_sink and pipeline.plan().collects:
            pipeline = pipeline.sink(print)
    except (PipelineError, OSError) as error:
        finish(error)
        return
    finish(pipeline, system)
