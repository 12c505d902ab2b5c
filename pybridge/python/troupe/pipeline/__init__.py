# SPDX-License-Identifier: Apache-2.0
"""Streams of work through several stages, on all cores.

    import troupe
    from troupe.pipeline import sources

    result = (
        troupe.Pipeline("words")
        .source(sources.lines("book.txt"))
        .flat_map(str.split)
        .map(str.lower, parallel=2)
        .run()
    )
    print(len(result.items))

docs/pipelines.md is the user's page, and begins with how all this works.
"""

# Each replica of a stage imports this package, so nothing is loaded before it
# is asked for.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from troupe.pipeline import sinks as sinks
    from troupe.pipeline import sources as sources
    from troupe.pipeline._builder import Pipeline as Pipeline
    from troupe.pipeline._errors import (
        DeadItem as DeadItem,
        PipelineCancelled as PipelineCancelled,
        PipelineError as PipelineError,
        StageError as StageError,
    )
    from troupe.pipeline._handle import Handle as Handle
    from troupe.pipeline._policies import Retry as Retry
    from troupe.pipeline._stats import Result as Result
    from troupe.pipeline._stats import StageStats as StageStats

_HOMES = {
    "DeadItem": "_errors",
    "Handle": "_handle",
    "Pipeline": "_builder",
    "PipelineCancelled": "_errors",
    "PipelineError": "_errors",
    "Result": "_stats",
    "Retry": "_policies",
    "StageError": "_errors",
    "StageStats": "_stats",
}
__all__ = [*_HOMES, "sinks", "sources"]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in ("sinks", "sources"):
        return import_module(f"troupe.pipeline.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'troupe.pipeline' has no attribute {name!r}")
    return getattr(import_module(f"troupe.pipeline.{_HOMES[name]}"), name)
