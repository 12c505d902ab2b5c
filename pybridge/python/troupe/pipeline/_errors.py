# SPDX-License-Identifier: Apache-2.0
"""What a pipeline raises, and what it says of items that it left out."""

from dataclasses import dataclass
from typing import Any

from troupe.errors import RemoteTraceback, TroupeError
from troupe.pipeline._functions import shown


class PipelineError(TroupeError):
    """A pipeline can't be built, or can't go on."""


class PipelineCancelled(PipelineError):
    """Somebody has cancelled the pipeline before it was done."""


class StageError(PipelineError):
    """A stage failed on an item; the cause is the stage's own exception.

    `stage` is its name, `item` what repr() says of the item, 200 characters of it.
    """

    def __init__(self, stage: str, item: str, text: str) -> None:
        super().__init__(stage, item, text)
        self.stage = stage
        self.item = item
        self.text = text

    def __str__(self) -> str:
        return f"stage {self.stage!r} failed on {self.item}: {self.text}"


@dataclass(frozen=True)
class DeadItem:
    """An item that a stage with on_error="skip" failed on.

    `item` is the item itself, or its repr() if it couldn't be sent. The first 20
    errors of a replica have their traceback as the cause.
    """

    stage: str
    item: Any
    error: BaseException


def dead_item(stage: str, item: Any, error: BaseException, trace: str) -> DeadItem:
    """Of what a worker says of an item that it left out."""
    if trace:
        error.__cause__ = RemoteTraceback(trace)
    return DeadItem(stage, item, error)


def failure(
    _: str, stage: str, item: Any, error: BaseException, trace: str
) -> StageError:
    """Of what a worker says of an item that ended its batch."""
    error.__cause__ = RemoteTraceback(trace)
    problem = StageError(stage, shown(item), f"{type(error).__name__}: {error}")
    problem.__cause__ = error
    return problem
