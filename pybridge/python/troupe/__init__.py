# SPDX-License-Identifier: Apache-2.0
"""Actors on every core of one Python process.

An actor is a module (or a class) in an interpreter of its own; other actors
and the main program send it messages.

    # counter.py
    import troupe

    total = 0

    @troupe.handler
    def add(n: int) -> int:
        global total
        total += n
        return total

    # app.py, run by `troupe run app.py`
    def main(system):
        counter = system.spawn("counter")
        counter.tell.add(1)
        print(counter.ask.add(2).result(timeout=5))  # 3

In an ordinary Python, `with troupe.System() as system:` does the same.
"""

from troupe._actor import handler
from troupe._core import (
    ActorPool,
    Blob,
    Future,
    Group,
    Ref,
    Reply,
    Router,
    System,
    Timer,
    __version__,
    context,
)
from troupe.errors import (
    ActorKilled,
    ActorStopped,
    AskTimeout,
    DeadlockError,
    HandlerTimeout,
    MailboxFull,
    NameTaken,
    RemoteError,
    SpawnError,
    StashFull,
    SystemStopped,
    TroupeError,
    UnknownName,
)

__all__ = [
    "ActorKilled",
    "ActorPool",
    "ActorPoolExecutor",
    "ActorStopped",
    "ALL_COMPLETED",
    "AskTimeout",
    "Backoff",
    "Barrier",
    "Blob",
    "BrokenActorPool",
    "Child",
    "ChildInfo",
    "Condition",
    "DeadLetter",
    "DeadlockError",
    "Down",
    "Event",
    "Exit",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "Future",
    "Group",
    "HandlerTimeout",
    "Lock",
    "MailboxFull",
    "NameTaken",
    "Pipeline",
    "Pool",
    "Queue",
    "ReceiveTimeout",
    "Ref",
    "RemoteError",
    "Reply",
    "Router",
    "Semaphore",
    "ShutdownReport",
    "SpawnError",
    "StashFull",
    "Supervisor",
    "SupervisorSpec",
    "System",
    "SystemStopped",
    "Timer",
    "TroupeError",
    "UnknownName",
    "__version__",
    "as_completed",
    "context",
    "gather",
    "handler",
    "shared",
    "wait",
]


TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from troupe._child_specs import Backoff, Child, SupervisorSpec
    from troupe._dead_letters import DeadLetter
    from troupe._executor import ActorPoolExecutor, BrokenActorPool
    from troupe._notices import Down, Exit, ReceiveTimeout
    from troupe._pool import Pool
    from troupe._queue import Queue
    from troupe._reports import ShutdownReport
    from troupe._supervision import ChildInfo, Supervisor
    from troupe._sync import Barrier, Condition, Event, Lock, Semaphore
    from troupe._waiting import (
        ALL_COMPLETED,
        FIRST_COMPLETED,
        FIRST_EXCEPTION,
        as_completed,
        gather,
        wait,
    )
    from troupe.pipeline._builder import Pipeline

# What not every actor needs is imported when it is asked for: each interpreter
# has to load a module of its own.
_LATER = {
    "troupe._child_specs": ("Backoff", "Child", "SupervisorSpec"),
    "troupe._dead_letters": ("DeadLetter",),
    "troupe._executor": ("ActorPoolExecutor", "BrokenActorPool"),
    "troupe._notices": ("Down", "Exit", "ReceiveTimeout"),
    "troupe._pool": ("Pool",),
    "troupe._queue": ("Queue",),
    "troupe._reports": ("ShutdownReport",),
    "troupe._supervision": ("ChildInfo", "Supervisor"),
    "troupe._sync": ("Barrier", "Condition", "Event", "Lock", "Semaphore"),
    "troupe._waiting": (
        "ALL_COMPLETED",
        "FIRST_COMPLETED",
        "FIRST_EXCEPTION",
        "as_completed",
        "gather",
        "wait",
    ),
    "troupe.pipeline._builder": ("Pipeline",),
}


def __getattr__(name: str) -> object:
    for module, names in _LATER.items():
        if name in names:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module 'troupe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def shared(name: str) -> str:
    """The home that actors share under this name: spawn(..., home=shared("x")).

    >>> shared("parsers")
    'shared:parsers'
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"a shared home has a name, a str; not {name!r}")
    return f"shared:{name}"
