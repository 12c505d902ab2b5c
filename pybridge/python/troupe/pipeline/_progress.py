# SPDX-License-Identifier: Apache-2.0
"""A running pipeline on a terminal: items, rate, how busy its stages are."""

import threading
from typing import TYPE_CHECKING, Any

from troupe.pipeline._errors import PipelineError
from troupe.pipeline._explain import share

if TYPE_CHECKING:
    from troupe.pipeline._handle import Handle

REFRESH = 0.1  # seconds


def show(handle: "Handle", done: threading.Event, options: dict[str, Any]) -> None:
    """Until it is done. `options` go to tqdm."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise PipelineError("progress=True needs tqdm: pip install tqdm") from None
    tqdm.set_lock(threading.RLock())  # one process needs no semaphore
    settings: dict[str, Any] = {
        "unit": " items", "disable": None, "leave": False, "desc": handle.name
    }
    settings["total"] = handle.length
    with tqdm(**(settings | options)) as bar:
        while not done.wait(None if bar.disable else REFRESH):
            _refresh(bar, handle)
        _refresh(bar, handle)


def _refresh(bar: Any, handle: "Handle") -> None:
    figures = handle.stats()
    taken = sum(stage.items for stage in figures.stages if stage.source)
    bar.set_postfix_str(
        ", ".join(
            f"{stage.name} {share(stage, figures.seconds):.0%}"
            + (f" ({stage.queue:,} wait)" if stage.queue else "")
            for stage in figures.stages
            if stage.busy
        ),
        refresh=False,
    )
    bar.update(taken - bar.n)
