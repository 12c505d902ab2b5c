# SPDX-License-Identifier: Apache-2.0
"""`troupe check`: all that `troupe run` would refuse, at once.

The C++ half has read the system file, and found what is wrong in the file
itself. Here its modules are looked at, each in the home that its actor would
have. No actor of the program is started, and its main isn't called.
"""

import ast
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator

import troupe
from troupe import _faults, _system_file, _target
from troupe._faults import Unusable

FINE, UNUSABLE, INTERRUPTED = 0, 2, 130


def check(kind: str, target: str, file: dict | None, faults: list[str]) -> int:
    """Prints what is wrong, and answers the exit code."""
    try:
        if file is not None:
            found = faults + _faults_of_file(file)
        else:
            found = _faults_of_program(kind, target)
    except KeyboardInterrupt:
        return INTERRUPTED
    for fault in sorted(found, key=_line_of):
        print(f"troupe: {fault}", file=sys.stderr)
    if not found:
        print(f"{target}: nothing is wrong")
    return UNUSABLE if found else FINE


def _line_of(fault: str) -> int:
    place = re.match(r"[^\n]*?:(\d+):", fault)
    return int(place[1]) if place else 0


class _Examination:
    """Has modules looked at by actors, one for each home that is needed."""

    def __init__(self, system: troupe.System) -> None:
        self.system = system
        self.shared: dict[str, troupe.Ref] = {}

    def __call__(
        self, module: str, class_: str, home: str, arguments, is_entry: bool
    ) -> list[tuple[str, str]]:
        examiner = self._examiner(home)
        asked = examiner.ask.examine(module, class_, home != "own", arguments, is_entry)
        try:
            return asked.result()
        except Exception as error:
            failure = troupe.SpawnError(str(error))
            failure.__cause__ = error
            return [("module", _faults.describe_spawn(failure))]
        finally:
            if home == "own":
                examiner.stop()

    def _examiner(self, home: str) -> troupe.Ref:
        if home == "own":
            return self.system.spawn("troupe._examiner", home=home)
        if home not in self.shared:
            self.shared[home] = self.system.spawn("troupe._examiner", home=home)
        return self.shared[home]


def _examine(look: Callable[[_Examination], Iterator[str]]) -> list[str]:
    system = troupe.System(workers=1)
    try:
        return [*look(_Examination(system))]
    finally:
        system.shutdown()


# A system file.


def _faults_of_file(file: dict) -> list[str]:
    _target.search_first(os.path.dirname(os.path.realpath(file["path"])))
    found = _examine(lambda examination: _faults_of_actors(file, examination))
    if file["module"] is not None:
        try:
            _system_file.find_entry(file)
        except Unusable as error:
            found.append(str(error))
    return found


def _faults_of_actors(file: dict, examination: _Examination) -> Iterator[str]:
    for actor in file["actors"]:
        if not actor["module"]:  # that is a fault of the file itself
            continue
        is_entry = file["entry"] is not None and file["entry"] in actor["names"]
        found = examination(
            actor["module"],
            actor["class"] or "",
            actor["home"],
            (actor["args"], actor["kwargs"]),
            is_entry,
        )
        for key, words in found:
            yield _words(file, actor, key, words)


def _words(file: dict, actor: dict, key: str, words: str) -> str:
    target = ":".join(filter(None, (actor["module"], actor["class"])))
    who = f"actor {actor['names'][0] or target!r}"
    if key == "entry":
        return f"{file['path']}:{file['line']}: entry: {who} {words}"
    lines = actor["lines"]
    if key == "args":
        key = "args" if "args" in lines else "kwargs"
    line = lines.get(key, lines.get("module", actor["line"]))
    return f"{file['path']}:{line}: {who}: {words}"


# A file with a main, or a module.


def _faults_of_program(kind: str, target: str) -> list[str]:
    try:
        if kind == "script":
            module = _target.load_script(target)
        else:
            _target.search_first(os.getcwd())
            module = _target.load_module(target)
        found = []
        try:
            _target.find_main(module, target)
        except Unusable as error:
            found.append(str(error))
        path = getattr(module, "__file__", None)
        if path is not None and path.endswith(".py"):
            shown = target if kind == "script" else path
            found += _examine(lambda each: _faults_of_spawns(path, shown, each))
        return found
    except Unusable as error:
        return [str(error)]


def _faults_of_spawns(
    path: str, shown: str, examination: _Examination
) -> Iterator[str]:
    """Of each spawn("module", ...) in the file: what can be seen without running it."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and (name := _spawned_name(call)):
            module, _, class_ = name.partition(":")
            home = _home_of(call)
            if home is None or not module:
                continue
            for _, words in examination(module, class_, home, _arguments_of(call), False):
                yield f"{shown}:{call.lineno}: spawn({name!r}): {words}"


def _spawned_name(call: ast.Call) -> str | None:
    is_spawn = isinstance(call.func, ast.Attribute) and call.func.attr == "spawn"
    if not is_spawn or not call.args:
        return None
    target = call.args[0]
    value = target.value if isinstance(target, ast.Constant) else None
    return value if isinstance(value, str) else None


def _home_of(call: ast.Call) -> str | None:
    """The home that is written there; None if that takes running."""
    for keyword in call.keywords:
        if keyword.arg is None:
            return None
        if keyword.arg == "home":
            value = keyword.value
            return value.value if isinstance(value, ast.Constant) else None
    return "own"


def _arguments_of(call: ast.Call) -> tuple[list, dict] | None:
    """As many, and called the same, as the actor would get."""
    stars = [a for a in call.args if isinstance(a, ast.Starred)]
    if stars or any(keyword.arg is None for keyword in call.keywords):
        return None
    own = inspect.signature(troupe.System.spawn).parameters
    named = [k.arg for k in call.keywords if k.arg not in own]
    return [None for _ in call.args[1:]], dict.fromkeys(named)
