# SPDX-License-Identifier: Apache-2.0
"""The exceptions that Troupe raises.

>>> try:
...     ref.ask.divide(1, 0).result(timeout=5)  # doctest: +SKIP
... except ZeroDivisionError as error:  # the actor's own exception
...     print(error.__cause__)  # ... and where it was raised
"""

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from typing import Any

    from troupe._core import Ref

__all__ = [
    "ActorKilled",
    "ActorStopped",
    "AskTimeout",
    "DeadlockError",
    "HandlerTimeout",
    "MailboxFull",
    "NameTaken",
    "RemoteError",
    "RemoteTraceback",
    "SpawnError",
    "StashFull",
    "SystemStopped",
    "TroupeError",
    "UnknownName",
]


class TroupeError(Exception):
    """The base of all exceptions of Troupe's own."""


class SpawnError(TroupeError):
    """An actor couldn't start; the cause is what happened there."""


class ActorStopped(TroupeError):
    """The actor had ended, or ended before it answered.

    Only who asked hears of it: a tell to such an actor is a dead letter.
    """


class AskTimeout(TroupeError, TimeoutError):
    """No answer came in time. The actor may still be at work on it."""


class DeadlockError(TroupeError, RuntimeError):
    """To wait for this would never end: who is to answer waits too.

    `cycle` has the refs of those that would wait for each other, from the one
    that was told so on.
    """

    def __init__(self, text: str, cycle: "tuple[Ref[Any], ...]" = ()) -> None:
        super().__init__(text, cycle)
        self.cycle = cycle

    def __str__(self) -> str:
        return str(self.args[0])


class SystemStopped(TroupeError):
    """Nothing is spawned any more: the system has shut down or is about to."""


class MailboxFull(TroupeError):
    """The actor's mailbox is bounded and full: the message was not sent.

    Raised by tell and ask; see `mailbox` of System.spawn().
    """


class NameTaken(TroupeError):
    """Another actor has this name: System.register()."""


class UnknownName(TroupeError, LookupError):
    """No actor has this name."""


class StashFull(TroupeError):
    """The actor has put aside as many messages as it may.

    Raised by context.stash(); see `stash` of System.spawn().
    """


class ActorKilled(BaseException):
    """Raised inside a running handler when its actor is killed.

    No Exception, so that a handler's `except Exception` doesn't catch it.
    """


class HandlerTimeout(TroupeError, TimeoutError):
    """A handler has run for longer than its actor's time_limit.

    Raised inside the handler; see `time_limit` of System.spawn().
    """


class RemoteError(TroupeError):
    """An exception of a class that can't be had here.

    `type_name` is the class's full name, `text` what str() gave, `traceback`
    the whole traceback as text.
    """

    def __init__(self, type_name: str, text: str, traceback: str) -> None:
        super().__init__(type_name, text, traceback)
        self.type_name = type_name
        self.text = text
        self.traceback = traceback

    def __str__(self) -> str:
        return f"{self.type_name}: {self.text}" if self.text else self.type_name


class RemoteTraceback(Exception):
    """Where an exception from another actor was raised, as text.

    It is the `__cause__` of such an exception, so that a traceback shows it.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'
