# SPDX-License-Identifier: Apache-2.0
"""What supervisors start, and how they restart it: plain data, checked."""

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from troupe import _core

_RESTART = ("permanent", "transient", "temporary")
_STRATEGIES = ("one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one")
_CENTURY = 3.2e9  # seconds; longer than that is for ever


class Child:
    """What a supervisor starts: a target with its arguments, as for spawn().

    >>> Child("kv", "data.log", name="kv", restart="transient", shutdown=2.0)
    <troupe.Child 'kv', transient>

    restart: "permanent" (whenever it ends), "transient" (when it fails or is
        killed), "temporary" (never).
    shutdown: how many seconds it may take to stop, before it is killed; or
        "kill" (at once), or "infinity".
    All other keywords are spawn()'s: home=, mailbox=, and those of the actor.
    """

    __slots__ = ("args", "keywords", "name", "restart", "shutdown", "target")

    def __init__(
        self,
        target: "str | type | ModuleType",
        /,
        *args: "Any",
        name: str | None = None,
        restart: "_core.RestartPolicy" = "permanent",
        shutdown: float | str = 5.0,
        **keywords: "Any",
    ) -> None:
        _one_of("restart", restart, _RESTART)
        _name(name)
        _shutdown(shutdown)
        self.target = target
        self.args = args
        self.name = name
        self.restart = restart
        self.shutdown = shutdown
        self.keywords = keywords

    def __repr__(self) -> str:
        return f"<troupe.Child {self.name or self.target!r}, {self.restart}>"

    def __reduce__(self) -> "tuple[Any, ...]":
        words = (self.name, self.restart, self.shutdown, self.keywords)
        return (_child, (self.target, self.args, *words))

    def _plain(self) -> "tuple[Any, ...]":
        keywords = self.keywords
        if self.name is not None:
            keywords = {**keywords, "name": self.name}
        return (
            "worker",
            self.name or "",
            self.restart,
            _shutdown(self.shutdown),
            (self.target, *self.args),
            keywords,
        )


def _child(
    target: "Any",
    args: "tuple[Any, ...]",
    name: str | None,
    restart: "_core.RestartPolicy",
    shutdown: float | str,
    keywords: "dict[str, Any]",
) -> Child:
    return Child(
        target, *args, name=name, restart=restart, shutdown=shutdown, **keywords
    )


class Backoff:
    """How long to wait before a restart.

    The first `at_once` restarts in a row don't wait. The next waits `initial`
    seconds, and each one after it `factor` times as long, at most `maximum`;
    each is up to `jitter` (a part of it) shorter or longer, so that many that
    fail together don't come back together. A child that has run for a whole
    period (`within`) begins anew.

    >>> Backoff(initial=0.5, maximum=60)
    Backoff(initial=0.5, maximum=60, factor=2.0, jitter=0.2, at_once=1)
    """

    __slots__ = ("at_once", "factor", "initial", "jitter", "maximum")

    def __init__(
        self,
        initial: float = 0.1,
        maximum: float = 30.0,
        factor: float = 2.0,
        jitter: float = 0.2,
        at_once: int = 1,
    ) -> None:
        _in_range("initial", initial, 0.0, _CENTURY)
        _in_range("maximum", maximum, initial, _CENTURY)
        _in_range("factor", factor, 1.0, 1e6)
        _in_range("jitter", jitter, 0.0, 1.0)
        _count("at_once", at_once)
        self.initial = initial
        self.maximum = maximum
        self.factor = factor
        self.jitter = jitter
        self.at_once = at_once

    def __repr__(self) -> str:
        return (
            f"Backoff(initial={self.initial!r}, maximum={self.maximum!r}, "
            f"factor={self.factor!r}, jitter={self.jitter!r}, at_once={self.at_once!r})"
        )

    def __reduce__(self) -> "tuple[Any, ...]":
        return (Backoff, self._plain())

    def _plain(self) -> tuple[float, float, float, float, int]:
        return (self.initial, self.maximum, self.factor, self.jitter, self.at_once)


class SupervisorSpec:
    """A supervisor as data, to be the child of another one.

    The keywords are those of System.supervise(), and `restart` and `shutdown`
    as for Child (by default it gets all the time its children need).

    >>> SupervisorSpec(Child("log"), Child("kv"), strategy="rest_for_one", name="store")
    <troupe.SupervisorSpec 'store', rest_for_one, 2 children>
    """

    __slots__ = (
        "backoff",
        "children",
        "max_restarts",
        "name",
        "restart",
        "shutdown",
        "strategy",
        "within",
    )

    def __init__(
        self,
        *children: "Child | SupervisorSpec",
        strategy: "_core.Strategy" = "one_for_one",
        max_restarts: int | None = 1,
        within: float = 5.0,
        backoff: Backoff | None = None,
        name: str | None = None,
        restart: "_core.RestartPolicy" = "permanent",
        shutdown: float | str = "infinity",
    ) -> None:
        _children(children, strategy)
        _one_of("restart", restart, _RESTART)
        _name(name)
        _shutdown(shutdown)
        if max_restarts is not None:
            _count("max_restarts", max_restarts)
        _in_range("within", within, 0.0, _CENTURY)
        if backoff is not None and not isinstance(backoff, Backoff):
            raise TypeError(
                f"backoff must be a troupe.Backoff or None, not {_kind(backoff)}"
            )
        self.children = children
        self.strategy = strategy
        self.max_restarts = max_restarts
        self.within = within
        self.backoff = backoff
        self.name = name
        self.restart = restart
        self.shutdown = shutdown

    def __repr__(self) -> str:
        name = "" if self.name is None else f" {self.name!r},"
        return (
            f"<troupe.SupervisorSpec{name} {self.strategy}, "
            f"{len(self.children)} children>"
        )

    def __reduce__(self) -> "tuple[Any, ...]":
        return (
            _spec,
            (self.children, {k: getattr(self, k) for k in self.__slots__ if k != "children"}),
        )

    def _restarts(self) -> "tuple[Any, ...]":
        most = -1 if self.max_restarts is None else self.max_restarts
        return (most, float(self.within), (self.backoff or Backoff())._plain())

    def _plain(self, only_for_these: bool = False) -> "tuple[Any, ...]":
        simple = self.strategy == "simple_one_for_one"
        return (
            "supervisor",
            self.name or "",
            self.restart,
            _shutdown(self.shutdown),
            self.strategy,
            self._restarts(),
            only_for_these,
            () if simple else tuple(child._plain() for child in self.children),
            self.children[0] if simple else None,
        )


def _spec(children: "tuple[Any, ...]", keywords: "dict[str, Any]") -> SupervisorSpec:
    return SupervisorSpec(*children, **keywords)


def _children(children: "tuple[Any, ...]", strategy: str) -> None:
    _one_of("strategy", strategy, _STRATEGIES)
    for child in children:
        if not isinstance(child, (Child, SupervisorSpec)):
            raise TypeError(
                f"a child is a troupe.Child(...) or troupe.SupervisorSpec(...), "
                f"not {_kind(child)}"
            )
    if strategy == "simple_one_for_one" and (
        len(children) != 1
        or not isinstance(children[0], Child)
        or children[0].name is not None
    ):
        raise ValueError(
            "simple_one_for_one takes one troupe.Child without a name: "
            "what all its children are made of"
        )


def _one_of(what: str, word: object, words: tuple[str, ...]) -> None:
    if word not in words:
        raise ValueError(f"{what}={word!r}: must be one of {', '.join(words)}")


def _name(name: object) -> None:
    if name is not None and (not isinstance(name, str) or not name):
        raise TypeError(f"name must be a str with something in it, not {name!r}")


def _shutdown(value: float | str) -> float:
    """As the core has it: seconds, 0 to kill at once, -1 for ever."""
    if value == "kill":
        return 0.0
    if value == "infinity":
        return -1.0
    if isinstance(value, str):
        raise ValueError(
            f'shutdown={value!r}: must be seconds, "kill", or "infinity"'
        )
    _in_range("shutdown", value, 0.0, _CENTURY)
    return float(value)


def _in_range(what: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{what} must be a number, not {_kind(value)}")
    if not low <= value <= high:  # so NaN fails too
        raise ValueError(f"{what}={value!r}: must be from {low:g} to {high:g}")


def _count(what: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} must be a whole number, not {_kind(value)}")
    if not 0 <= value <= 1_000_000_000:
        raise ValueError(f"{what}={value!r}: must be from 0 to 1,000,000,000")


def _kind(value: object) -> str:
    return type(value).__name__
