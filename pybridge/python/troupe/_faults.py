# SPDX-License-Identifier: Apache-2.0
"""Words for what is wrong with a program, for the launcher's user."""

import os
import sys
from types import TracebackType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Unusable(Exception):
    """Bad input: its text is one message with a remedy; exit code 2."""


def user_traceback(trace: TracebackType | None) -> TracebackType | None:
    """Without what is ours, and the import system's, at its beginning."""
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _describe(error: BaseException) -> str:
    """A traceback that begins in the user's code."""
    import traceback

    trace = user_traceback(error.__traceback__)
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def bad_import(where: str, error: Exception) -> Unusable:
    """About a module or script that can't be imported."""
    trace = user_traceback(error.__traceback__)
    if isinstance(error, SyntaxError) and trace is None:
        return Unusable(f"{where} has a syntax error; correct it:\n{_only(error)}")
    remedy = "correct this first"
    if isinstance(error, ModuleNotFoundError) and error.name:
        remedy = _remedy_for_missing(error.name)
    return Unusable(f"{where} can't be imported; {remedy}:\n{_describe(error)}")


def no_module(name: str) -> str:
    """That there is none of this name, and what may be meant."""
    import pkgutil

    package, _, last = name.rpartition(".")
    folders = sys.path[:1]
    if package:
        folders = list(getattr(sys.modules.get(package), "__path__", []))
    siblings = [module.name for module in pkgutil.iter_modules(folders)]
    hint = near(last, siblings, package and package + ".")
    if not hint:
        hint = f" in {sys.path[0]}, on PYTHONPATH or among what is installed"
    return f"there is no module {name!r}{hint}"


def near(name: str, known: list[str], prefix: str = "") -> str:
    """The known name that is meant, as a question; empty if none is near."""
    import difflib

    found = difflib.get_close_matches(name, known, 1, 0.7)
    return f"; did you mean {prefix + found[0]!r}?" if found else ""


def is_bad_module(error: BaseException) -> bool:
    """Whether a SpawnError says that an actor's module can't be loaded."""
    return isinstance(error.__cause__, (ImportError, SyntaxError))


def describe_spawn(error: BaseException) -> str:
    """What a SpawnError is about, in one message with a remedy."""
    cause = error.__cause__
    if cause is None:
        return str(error)
    where = _user_part(getattr(cause.__cause__, "text", ""))
    inside = "\n  File \"" in where and ", in " in where
    if isinstance(cause, SyntaxError) and not inside:
        return f"its module has a syntax error; correct it:\n{_only(cause)}"
    if isinstance(cause, ImportError) and "home=" in str(cause):
        return str(cause)  # see _refusal.explain()
    if isinstance(cause, ModuleNotFoundError) and cause.name:
        if not inside:
            return no_module(cause.name)
        remedy = _remedy_for_missing(cause.name)
        return f"its module can't be imported; {remedy}:\n{where}"
    return f"the actor can't start; correct this first:\n{where}"


def place_of(error: BaseException) -> str:
    """FILE:LINE of the innermost line of the user's."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not _is_ours(code.co_filename):
            place = f"{code.co_filename}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return place


def _user_part(text: str) -> str:
    """A traceback's text without the frames that are ours."""
    kept, ours = [], False
    for line in text.rstrip().splitlines():
        if line.startswith('  File "'):
            ours = _is_ours(line.split('"')[1])
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line)
    if kept[1:] and not kept[1].startswith('  File "'):
        del kept[0]  # "Traceback (most recent call last):", and none is left
    return "\n".join(kept)


def _only(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception_only(error)).rstrip()


def _remedy_for_missing(name: str) -> str:
    return f"put {name!r} beside it, or install it for {sys.executable}"


def _is_ours(file: str) -> bool:
    return file.startswith((_HERE, "<frozen importlib", "<troupe/"))
