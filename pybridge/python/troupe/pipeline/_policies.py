# SPDX-License-Identifier: Apache-2.0
"""What becomes of an item on which a stage raises."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Retry:
    """Calls the stage's function again, `times` times more at most.

    It waits `backoff` seconds before the first of these, twice as long before
    each further one, and a minute at most. If all fail: `then`.

    >>> Retry(3, backoff=0.1)
    Retry(times=3, backoff=0.1, then='fail')
    """

    times: int
    backoff: float = 0.0
    then: Literal["fail", "skip"] = "fail"

    def __post_init__(self) -> None:
        if self.times < 1 or self.backoff < 0 or self.then not in ("fail", "skip"):
            raise ValueError(
                "Retry() takes times >= 1, backoff >= 0 in seconds, and "
                f"then='fail' or 'skip'; not {self}"
            )


OnError = Literal["fail", "skip", "restart"] | Retry


def plain(policy: OnError) -> tuple[str, int, float]:
    """(what to do at last, retries, backoff): what a worker gets."""
    if isinstance(policy, Retry):
        return policy.then, policy.times, policy.backoff
    if policy not in ("fail", "skip", "restart"):
        raise ValueError(
            "on_error is 'fail', 'skip', 'restart' or a troupe.pipeline.Retry; "
            f"not {policy!r}"
        )
    return policy, 0, 0.0
