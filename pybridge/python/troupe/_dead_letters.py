# SPDX-License-Identifier: Apache-2.0
"""What troupe.DeadLetter is, and functions that are called with each."""

import sys

from troupe import _core

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable

_running: "dict[tuple[int, object], object]" = {}  # (engine, function) -> feed


class DeadLetter:
    """A message that no handler took; see System.subscribe_dead_letters().

    reason: as in System.dead_letters(). sender, receiver: names of actors, None
    where there was none or it has ended before. handler: the name of the handler
    it was for; None: receive(). preview: the message or the arguments in words,
    cut short. missed: how many dead letters before this one were left out.

    >>> match letter:
    ...     case DeadLetter(reason="stopped", receiver=name):
    ...         print(name, "has ended")
    """

    __slots__ = ("handler", "missed", "preview", "reason", "receiver", "sender")
    __match_args__ = ("reason", "sender", "receiver", "handler", "preview", "missed")

    def __init__(
        self,
        reason: str,
        sender: str | None,
        receiver: str | None,
        handler: str | None,
        preview: str,
        missed: int = 0,
    ) -> None:
        self.reason = reason
        self.sender = sender
        self.receiver = receiver
        self.handler = handler
        self.preview = preview
        self.missed = missed

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeadLetter) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"DeadLetter{self._values()!r}"


def start(engine: int, function: "Callable[[DeadLetter], object]", feed: object) -> None:
    """Calls the function with each letter of the feed, in a daemon thread."""
    import threading

    def serve() -> None:
        while (letter := _core.next_dead_letter(feed)) is not None:
            try:
                function(letter)
            except Exception:
                _report(function)

    stop(engine, function)
    _running[engine, function] = feed
    threading.Thread(target=serve, name="troupe-dead-letters", daemon=True).start()


def stop(engine: int, function: "Callable[[DeadLetter], object]") -> bool:
    """Whether the function was called for that engine's letters; not any more."""
    feed = _running.pop((engine, function), None)
    if feed is not None:
        _core.close_dead_letters(feed)
    return feed is not None


def _report(function: object) -> None:
    import traceback

    sys.stderr.write(
        f"troupe: {function!r}, called with a dead letter, raised\n"
        + traceback.format_exc()
    )
