# SPDX-License-Identifier: Apache-2.0
"""An actor that looks at what is to be an actor, in the home it would have.

For `troupe check`. It imports, and starts nothing.
"""

import inspect
from types import ModuleType

import troupe
from troupe import _actor, _faults, _gauge


def started() -> None:
    """So that it is an actor in any home."""


@troupe.handler
def examine(
    module_name: str,
    class_name: str,
    private: bool,
    arguments: tuple[list, dict] | None,
    is_entry: bool,
) -> list[tuple[str, str]]:
    """What spawn() would refuse: [(key of the system file, words)].

    Raises what the import raises. `arguments`: None if they aren't known.
    """
    module = _gauge.load(module_name, private and not class_name)
    name = f"{module_name}:{class_name}" if class_name else module_name
    try:
        target = _actor._find(module, class_name) if class_name else module
    except AttributeError:
        return [("class", _no_class(module, class_name))]
    if not callable(target) and target is not module:
        return [("class", f"{class_name!r} in module {module_name!r} is no class")]
    handlers = handlers_of(target)
    found = []
    if not handlers and not hasattr(target, "receive") and not hasattr(target, "started"):
        found.append(("module", f"{name} {_NO_ACTOR}"))
    if arguments is not None:
        found += _misfits(target, name, *arguments)
    if is_entry:
        found += _misfits_as_entry(handlers)
    return found


_NO_ACTOR = "is no actor: mark its handlers with @troupe.handler, or define receive(message)"


def handlers_of(target: object) -> dict:
    """{name: function} of a module, or of a class that is to be an actor."""
    if isinstance(target, ModuleType):
        places = [vars(target)]
    else:
        places = [vars(base) for base in reversed(getattr(target, "__mro__", ()))]
    return {
        name: member
        for place in places
        for name, member in place.items()
        if _is_marked(getattr(member, "__func__", member))
    }


def _is_marked(member: object) -> bool:
    return getattr(member, "__troupe_handler__", False) is True


def _no_class(module: ModuleType, name: str) -> str:
    classes = [key for key, value in vars(module).items() if isinstance(value, type)]
    return f"module {module.__name__!r} has no class {name!r}" + (
        _faults.near(name, classes) or _listed(classes)
    )


def _listed(names: list[str]) -> str:
    return f"; it has {', '.join(names)}" if names else ""


def _misfits(target, name: str, args: list, kwargs: dict) -> list[tuple[str, str]]:
    if not isinstance(target, ModuleType):
        started = getattr(target, "started", None)
        found = _misfit(target, target.__qualname__, args, kwargs)
        return found or (_misfit(started, "started", [None], {}) if started else [])
    started = getattr(target, "started", None)
    if started is not None:
        return _misfit(started, "started", args, kwargs)
    if args or kwargs:
        lacks = f"{name} has no started() to take arguments; add it, or leave them out"
        return [("args", lacks)]
    return []


def _misfit(function, name: str, args: list, kwargs: dict) -> list[tuple[str, str]]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it is written in C, and doesn't say
        return []
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return [("args", f"the arguments don't fit {name}{signature}: {error}")]
    return []


def _misfits_as_entry(handlers: dict) -> list[tuple[str, str]]:
    if "main" not in handlers:
        return [("entry", "has no handler main; add: @troupe.handler def main(args): ...")]
    return []
