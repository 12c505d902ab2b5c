# SPDX-License-Identifier: Apache-2.0
"""Starts what a system file lists. (The launcher's C++ half has read it.)

A system file is a dict here: "path", "actors", and where to begin: "entry"
(an actor's name) or "module" and "function", else None, with "line". An actor
is a dict: "module", "class", "names" (one actor each; None: unnamed), "home",
"args", "kwargs", "options" (others of spawn()), "supervisor" (a name, or None),
"restarts" (what is said about those), "line". "supervisors" are dicts, too:
"name", "supervisor", "strategy", "restarts", "line".
An actor's "pool" is None, or the other arguments of System.pool(). "routers" are
dicts: "name", "routees" (names), "options", "line".
"""

import os
from collections.abc import Callable

import troupe
from troupe import _faults, _target
from troupe._faults import Unusable


def prepare(file: dict, args: list[str]) -> Callable:
    """What runs the program on a system, once all that it names is found."""
    _target.search_first(os.path.dirname(os.path.realpath(file["path"])))
    if file["entry"] is not None:
        return lambda system: _ask_entry(file, _start(file, system), args)
    if file["module"] is None:
        return lambda system: _serve(_start(file, system), system)
    main = find_entry(file)

    def begin(system) -> None:
        _start(file, system)
        main(system, args)

    return begin


def find_entry(file: dict) -> Callable:
    try:
        module = _target.load_module(file["module"])
        return _target.find_main(module, file["module"], file["function"])
    except Unusable as error:
        place = f"{file['path']}:{file['line']}"
        raise Unusable(f"{place}: entry: {error}") from None


def _start(file: dict, system) -> dict[str, troupe.Ref]:
    """All that has no supervisor of its own, in the order of the file."""
    started = {}
    for entry in _under(file, None):
        if "module" not in entry:
            _supervise(file, entry, system)
        else:
            for name in entry["names"]:
                started[name] = _spawn(file, entry, name, system)
    for actor in file["actors"]:
        if actor["supervisor"]:
            for name in filter(None, actor["names"]):
                started[name] = system.lookup(name)
    for router in file["routers"]:
        started[router["name"]] = _route(file, router, started, system)
    return started


def _route(file: dict, router: dict, started: dict, system) -> troupe.Ref:
    routees = [started[name] for name in router["routees"]]
    try:
        return system.router(routees, name=router["name"], **router["options"]).ref
    except (troupe.SpawnError, TypeError, ValueError) as error:
        place = f"{file['path']}:{router['line']}"
        raise Unusable(f"{place}: router {router['name']!r}: {error}") from None


def _under(file: dict, supervisor: str | None) -> list[dict]:
    entries = file["actors"] + file["supervisors"]
    mine = [entry for entry in entries if entry["supervisor"] == supervisor]
    return sorted(mine, key=lambda entry: entry["line"])


def _supervise(file: dict, entry: dict, system) -> None:
    spec = _spec(file, entry)
    words = {word: getattr(spec, word) for word in _SUPERVISE}
    try:
        system.supervise(*spec.children, **words)
    except troupe.SpawnError as error:
        raise Unusable(
            f"{file['path']}:{entry['line']}: supervisor {entry['name']!r}: "
            + _faults.describe_spawn(error)
        ) from None


_SUPERVISE = ("strategy", "max_restarts", "within", "backoff", "name")


def _spec(file: dict, entry: dict) -> troupe.SupervisorSpec:
    children: list[troupe.Child | troupe.SupervisorSpec] = []
    for child in _under(file, entry["name"]):
        if "module" not in child:
            children.append(_spec(file, child))
        else:
            children.extend(_child(child, name) for name in child["names"])
    words = _restarts(entry)
    if entry["strategy"]:
        words["strategy"] = entry["strategy"]
    return troupe.SupervisorSpec(*children, name=entry["name"], **words)


def _child(actor: dict, name: str | None) -> troupe.Child:
    return troupe.Child(
        _target_of(actor),
        *actor["args"],
        name=name,
        home=actor["home"],
        **actor["options"],
        **_restarts(actor),
        **actor["kwargs"],
    )


def _restarts(entry: dict) -> dict:
    """The keywords that its keys about restarts stand for."""
    words = dict(entry["restarts"])
    if words.get("max_restarts") == "unlimited":
        words["max_restarts"] = None
    if "backoff" in words:
        words["backoff"] = troupe.Backoff(**words["backoff"])
    return words


def _target_of(actor: dict) -> str:
    target: str = actor["module"]
    return f"{target}:{actor['class']}" if actor["class"] else target


def _spawn(file: dict, actor: dict, name: str | None, system) -> troupe.Ref:
    target = _target_of(actor)
    try:
        if actor["pool"] is not None:
            return system.pool(
                target,
                *actor["args"],
                name=name,
                home=actor["home"],
                **actor["pool"],
                **actor["options"],
                **_restarts(actor),
                **actor["kwargs"],
            ).ref
        return system.spawn(
            target,
            *actor["args"],
            name=name,
            home=actor["home"],
            **actor["options"],
            **_restarts(actor),
            **actor["kwargs"],
        )
    except troupe.SpawnError as error:
        raise Unusable(
            f"{file['path']}:{actor['line']}: actor {name or target!r}: "
            + _faults.describe_spawn(error)
        ) from None


def _ask_entry(file: dict, started: dict, args: list[str]) -> None:
    entry = file["entry"]
    try:
        # The program may take as long as it takes.
        started[entry].options(timeout=None).ask.main(args).result()
    except troupe.TroupeError as error:
        if error.__cause__ is None and "no handler 'main'" in str(error):
            raise Unusable(
                f"{file['path']}:{file['line']}: entry: actor {entry!r} has no "
                "handler main; add: @troupe.handler def main(args): ..."
            ) from None
        raise


def _serve(started: dict, system) -> None:
    """Until the system is stopped, or no actor is left."""
    while actors := system.actors():
        for actor in actors:
            actor.join()
