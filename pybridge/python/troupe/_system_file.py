# SPDX-License-Identifier: Apache-2.0
"""Starts what a system file lists. (The launcher's C++ half has read it.)

A system file is a dict here: "path", "actors", and where to begin: "entry"
(an actor's name) or "module" and "function", else None, with "line". An actor
is a dict: "module", "class", "names" (one actor each; None: unnamed), "home",
"args", "kwargs", "options" (others of spawn()), "line".
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
    started = {}
    for actor in file["actors"]:
        for name in actor["names"]:
            started[name] = _spawn(file, actor, name, system)
    return started


def _spawn(file: dict, actor: dict, name: str | None, system) -> troupe.Ref:
    target = actor["module"]
    if actor["class"]:
        target += ":" + actor["class"]
    try:
        return system.spawn(
            target,
            *actor["args"],
            name=name,
            home=actor["home"],
            **actor["options"],
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
