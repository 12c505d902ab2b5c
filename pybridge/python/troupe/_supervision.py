# SPDX-License-Identifier: Apache-2.0
"""Supervisors: actors that start others, and restart those that fail. Who decides
and acts is the core.
"""

from troupe import _core
from troupe._child_specs import Backoff, Child, SupervisorSpec, _child

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from typing import Any


class ChildInfo:
    """What Supervisor.which_children() tells of one child.

    name: of its spec. ref: its Ref, None while it has none. kind: "worker" or
    "supervisor". state: "running", "starting", "restarting" (it waits for its
    backoff), "stopping", "stopped", or "stuck" (it was killed, and is in a call
    that can't be interrupted). restarts: so far. restart: its policy.
    """

    __slots__ = ("kind", "name", "ref", "restart", "restarts", "state")

    name: str | None
    ref: "_core.Ref[Any] | None"
    kind: str
    state: str
    restarts: int
    restart: str

    def __init__(
        self,
        name: str | None,
        ref: "_core.Ref[Any] | None",
        kind: str,
        state: str,
        restarts: int,
        restart: str,
    ) -> None:
        self.name = name
        self.ref = ref
        self.kind = kind
        self.state = state
        self.restarts = restarts
        self.restart = restart

    def __repr__(self) -> str:
        times = ""
        if self.restarts:
            times = f", {self.restarts} restart{'s' if self.restarts > 1 else ''}"
        return f"<troupe.ChildInfo {self.kind} {self.name!r}: {self.state}{times}>"

    def __reduce__(self) -> "tuple[Any, ...]":
        words = (self.state, self.restarts, self.restart)
        return (ChildInfo, (self.name, self.ref, self.kind, *words))


class Supervisor:
    """The handle to a running supervisor; can be sent to other actors.

    Made by System.supervise(). Its operations are for any thread; those that
    start or end a child return when that is done. They raise LookupError for a
    child that isn't there, and ActorStopped when the supervisor has ended.

    >>> sup = system.supervise(Child("kv", name="kv"))  # doctest: +SKIP
    >>> sup.count_children()  # doctest: +SKIP
    {'specs': 1, 'active': 1, 'supervisors': 0, 'workers': 1}
    """

    __slots__ = ("ref",)

    ref: "_core.Ref[Any]"

    def __init__(self, ref: "_core.Ref[Any]") -> None:
        self.ref = ref

    @property
    def name(self) -> str:
        """Its name, unique in the system while it lives."""
        return self.ref.name

    @property
    def alive(self) -> bool:
        """False once it has ended."""
        return self.ref.alive

    def start_child(self, /, *args: "Any", **keywords: "Any") -> "_core.Ref[Any]":
        """Adds a child and starts it, after those that are there.

        Takes a Child or a SupervisorSpec; under simple_one_for_one, further
        arguments for the one Child that all are made of. Returns its Ref.
        Raises SpawnError, with the cause, if it can't start; then it is
        forgotten. A supervisor that is restarted begins without it.
        """
        template = _core.supervisor_template(self.ref)
        child: Child | SupervisorSpec
        if template is not None:
            child = _child(
                template.target,
                template.args + args,
                None,
                template.restart,
                template.shutdown,
                template.keywords | keywords,
            )
        elif len(args) == 1 and not keywords and isinstance(args[0], (Child, SupervisorSpec)):
            child = args[0]
        else:
            raise TypeError(
                "start_child() takes one troupe.Child or troupe.SupervisorSpec"
            )
        return _core.supervisor_start_child(self.ref, child._plain())

    def terminate_child(self, child: "str | _core.Ref[Any]", /) -> None:
        """Stops a child (its name or Ref) until restart_child() starts it.

        Its actor ends: what waits in its mailbox becomes dead letters. A
        temporary child, or one under simple_one_for_one, is forgotten.
        """
        _core.supervisor_terminate_child(self.ref, child)

    def restart_child(self, name: str, /) -> "_core.Ref[Any]":
        """Starts a child that is stopped, as a new actor of the same name."""
        return _core.supervisor_restart_child(self.ref, name)

    def delete_child(self, name: str, /) -> None:
        """Forgets a child that is stopped."""
        _core.supervisor_delete_child(self.ref, name)

    def which_children(self) -> list[ChildInfo]:
        """Its children as they are now, in the order of their start."""
        return [ChildInfo(*row) for row in _core.supervisor_children(self.ref)]

    def count_children(self) -> dict[str, int]:
        """How many there are: {"specs", "active", "supervisors", "workers"}."""
        children = self.which_children()
        supervisors = sum(child.kind == "supervisor" for child in children)
        return {
            "specs": len(children),
            "active": sum(child.state == "running" for child in children),
            "supervisors": supervisors,
            "workers": len(children) - supervisors,
        }

    def stop(self) -> None:
        """Stops its children in the reverse order of their start, then itself."""
        self.ref.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until it and its children have ended; returns whether they have."""
        return self.ref.join(timeout)

    def __repr__(self) -> str:
        return f"<troupe.Supervisor {self.name!r}{'' if self.alive else ' (ended)'}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Supervisor):
            return NotImplemented
        return bool(self.ref == other.ref)

    def __hash__(self) -> int:
        return hash(self.ref)

    def __reduce__(self) -> "tuple[Any, ...]":
        return (Supervisor, (self.ref,))


def supervise(
    system: "_core.System", *children: "Child | SupervisorSpec", **keywords: "Any"
) -> Supervisor:
    """System.supervise() and context.supervise(); called by the core."""
    for word in ("restart", "shutdown"):
        if word in keywords:
            raise TypeError(
                f"supervise({word}=...) is for a child: troupe.Child(..., {word}=...)"
            )
    spec = SupervisorSpec(*children, **keywords)
    return Supervisor(_core.start_supervisor(system, spec._plain()))


def spawn_supervised(
    system: "_core.System",
    /,
    *args: "Any",
    **keywords: "Any",
) -> "_core.Ref[Any]":
    """spawn(..., restart=...): one actor with a supervisor of its own."""
    own = {
        word: keywords.pop(word)
        for word in ("max_restarts", "within", "backoff")
        if word in keywords
    }
    child = Child(*args, **keywords)
    name = None if child.name is None else f"supervisor of {child.name}"
    spec = SupervisorSpec(child, name=name, **own)
    supervisor = _core.start_supervisor(system, spec._plain(only_for_these=True))
    ref = _core.supervisor_first_child(supervisor)
    assert ref is not None
    return ref


def pool_terms(
    *, max_restarts: int | None = 10, within: float = 10.0, backoff: Backoff | None = None
) -> "tuple[Any, ...]":
    """How a pool restarts its routees, for the core, which calls it."""
    spec = SupervisorSpec(
        max_restarts=max_restarts,
        within=within,
        backoff=backoff or Backoff(at_once=10),
    )
    return spec._restarts()
