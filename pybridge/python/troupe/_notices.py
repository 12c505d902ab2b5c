# SPDX-License-Identifier: Apache-2.0
"""What an actor is told that no other actor has sent.

Each arrives at a hook of its own (down, exited, timed_out), or else at
receive(message).
"""

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from typing import Any

    from troupe._core import Ref


class _End:
    """An actor has ended.

    ref: that actor; None if it was given by a name that nobody has.
    reason: "stopped", "failed", "killed", "unstarted" (its start failed),
        "shutdown", or "no_such_actor".
    error: what it failed of, in words, or None.
    name: its name.
    """

    __match_args__ = ("ref", "reason", "error")

    def __init__(
        self,
        ref: "Ref[Any] | None",
        reason: str,
        error: str | None = None,
        name: str | None = None,
    ) -> None:
        self.ref = ref
        self.reason = reason
        self.error = error
        self.name = ref.name if name is None and ref is not None else name

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), self.name, self.reason))

    def __repr__(self) -> str:
        error = f", {self.error!r}" if self.error is not None else ""
        return f"troupe.{type(self).__name__}({self.name!r}, {self.reason!r}{error})"


class Down(_End):
    """An actor that this one watches has ended: see context.watch().

    `ref`, `reason` ("stopped", "failed", "killed", "unstarted", "shutdown", or
    "no_such_actor" for a name that nobody has, where `ref` is None), `error`
    (what it failed of, in words, or None) and `name`.

    >>> def down(notice: troupe.Down) -> None:  # doctest: +SKIP
    ...     if notice.reason == "failed":
    ...         print(notice.name, notice.error)
    """


class Exit(_End):
    """An actor that this one is linked to has ended, and this one traps exits:
    see context.link() and context.trap_exit. It has what a Down has."""


class ReceiveTimeout:
    """No message has come for as long as context.receive_timeout says."""

    def __eq__(self, other: object) -> bool:
        return type(other) is ReceiveTimeout

    def __hash__(self) -> int:
        return hash(ReceiveTimeout)

    def __repr__(self) -> str:
        return "troupe.ReceiveTimeout()"
