# SPDX-License-Identifier: Apache-2.0
"""Faults that a test lets happen."""

from typing import Any

from troupe import Ref
from troupe._core import TestKit
from troupe.testing._messages import Arguments, matches, message_of

_ALWAYS = 2**63


class Faults:
    """system.faults: what goes wrong in a TestSystem, and when.

    No message is lost silently: those that faults make undeliverable are dead
    letters, see System.dead_letters().
    """

    def __init__(self, kit: TestKit) -> None:
        self._kit = kit

    def kill(self, ref: Ref[Any], after: int = 0) -> None:
        """Kills the actor once it has handled `after` more messages."""
        if after < 0:
            raise ValueError(f"kill(after={after}): zero or more messages")
        if after == 0:
            ref.kill()
        else:
            self._kit.kill(ref, after)

    def delay(self, ref: Ref[Any], seconds: float) -> None:
        """Messages to the actor arrive so much later, in the order of sending.

        Zero ends it; what is on its way still arrives before anything newer.
        """
        self._kit.delay(ref, seconds)

    def full(self, ref: Ref[Any], is_full: bool = True) -> None:
        """The actor's mailbox is full for all senders, or no longer.

        What is in it already is handled. What a full mailbox means is decided by
        `overflow` of spawn(): an exception at the sender, say.
        """
        self._kit.refuse(ref, is_full)

    def drop(self, ref: Ref[Any], match: Any = ..., times: int | None = 1) -> None:
        """The next messages to the actor that match are lost on the way.

        match: `...` for any; the name of a handler; a type; a function of the
            message (a Call for named handlers); or the message itself.
        times: how many (None: all).

        They are dead letters, "dropped". Who asked gets no answer, as when a
        network loses a request. A second call replaces the first.
        """

        def chosen(handler: str, arguments: Arguments) -> bool:
            if isinstance(match, str) and match == handler:
                return True
            named = None if handler == "receive" else handler
            return matches(match, message_of(named, arguments))

        self._kit.drop(ref, chosen, _ALWAYS if times is None else times)

    def fail_start(
        self, target: str | type, exception: BaseException, times: int = 1
    ) -> None:
        """The next `times` starts of this target raise `exception`.

        `target` is as for spawn(): "module", "module:Class", or a class. Restarts
        by a supervisor count too.
        """
        if isinstance(target, type):
            target = f"{target.__module__}:{target.__qualname__}"
        self._kit.fail_start(target, exception, times)
