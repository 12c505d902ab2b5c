# SPDX-License-Identifier: Apache-2.0
"""Messages, as a test writes them down."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

Arguments: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]


class Call:
    """A message for a named handler; made by `call.HANDLER(arguments...)`.

    >>> call.add(1, unit="kg") == Call("add", 1, unit="kg")
    True
    """

    def __init__(self, handler: str, /, *args: Any, **kwargs: Any) -> None:
        self.handler = handler
        self.args = args
        self.kwargs = kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Call):
            return NotImplemented
        return (self.handler, self.args, self.kwargs) == (
            other.handler,
            other.args,
            other.kwargs,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = [repr(value) for value in self.args]
        parts += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"{self.handler}({', '.join(parts)})"


class _Calls:
    def __getattr__(self, handler: str) -> Callable[..., Call]:
        if handler.startswith("__"):
            raise AttributeError(handler)
        return lambda *args, **kwargs: Call(handler, *args, **kwargs)

    def __repr__(self) -> str:
        return "troupe.testing.call"


call = _Calls()


class TraceEntry(NamedTuple):
    """What an actor did, or what happened to it, and when."""

    time: float
    actor: str
    what: str
    """"started", the name of a handler, "receive", "timer", "ended: failed", ..."""
    sender: str | None
    message: Any
    """A Call, or what receive() got; None where there is none, or where it holds
    something that the test can't import."""

    def __str__(self) -> str:
        what = self.what
        if isinstance(self.message, Call):
            what = what.removesuffix(self.message.handler) + repr(self.message)
        elif self.message is not None:
            what = f"{what}({self.message!r})"
        sender = f"  from {self.sender}" if self.sender else ""
        return f"{self.time:9.3f} s  {self.actor}: {what}{sender}"


def message_of(handler: str | None, arguments: Arguments) -> Any:
    """What was sent: a Call, or the message itself."""
    args, kwargs = arguments
    return args[0] if handler is None else Call(handler, *args, **kwargs)


def matches(expected: Any, message: Any) -> bool:
    """A type, a predicate, `...` for anything; or else what it is equal to."""
    if expected is ...:
        return True
    if isinstance(expected, type):
        return isinstance(message, expected)
    if callable(expected):
        return bool(expected(message))
    return bool(expected == message)


def describe(expected: Any) -> str:
    if expected is ...:
        return "a message"
    if isinstance(expected, type):
        return f"a message of type {expected.__name__}"
    if callable(expected):
        return f"a message for which {getattr(expected, '__name__', expected)!s} holds"
    return repr(expected)
