# SPDX-License-Identifier: Apache-2.0
"""Why an actor's module can't be loaded in an interpreter of its own.

Some extension modules refuse every interpreter but the main one. explain()
runs where that happened, in the actor's interpreter, while the frames are
still there, and names the imports that led to it. It is imported only then.
"""

# What the refusals of CPython, PyO3, Cython and numpy have in common.
_MARKS = (
    "subinterpreter",
    "once per process",
    "once per interpreter process",
    "one interpreter per process",
)


def explain(error: BaseException, module: str) -> str | None:
    """One sentence with the remedy; None if `error` is about something else.

    `error` is what importing the actor's `module` raised.
    """
    refusal = _refusal_in(error)
    if refusal is None:
        return None
    extension = _name_in(refusal)
    steps = _steps(error, module)
    names = [name for name, _, _ in steps[1:]]
    if steps and extension and _is_hop(extension, steps[-1][0], module):
        names.append(extension)
    path = ", which".join(
        f" imports {name!r} ({_short(file)} line {line})"
        for name, (_, file, line) in zip(names, steps)
    )
    if extension and extension != (names[-1] if names else module):
        who = f", whose extension {extension!r}"
    else:
        who = ", which" if path else ""
    return (
        f"actor module {module!r}{path}{who} doesn't support subinterpreters; "
        'run it with home="process"'
    )


def _refusal_in(error: BaseException | None) -> ImportError | None:
    # A package may wrap the refusal of its extension in an error of its own.
    seen = set()
    found = None
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ImportError):
            text = str(error)
            if any(mark in text for mark in _MARKS):
                found = error
        error = error.__cause__ or error.__context__
    return found


def _name_in(refusal: ImportError) -> str | None:
    if refusal.name:
        return refusal.name
    words = str(refusal).split()  # "module NAME does not support ..."
    return words[1] if words[0] == "module" and words[2:3] == ["does"] else None


def _steps(error: BaseException, module: str) -> list[tuple[str, str, int]]:
    """(module, file, line) of each import on the way, the actor's own first.

    Of a package that isn't the actor's, only the line that leaves it.
    """
    own = module.partition(".")[0]
    steps: list[tuple[str, str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        name = frame.f_globals.get("__name__", "")
        package = name.partition(".")[0]
        if package == own or steps and package != "importlib":
            here = name if package == own else package
            if steps and steps[-1][0] == here:
                steps.pop()
            steps.append((here, frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return steps


def _is_hop(extension: str, last: str, module: str) -> bool:
    """Whether the innermost Python line leads to something worth naming."""
    if extension == last:
        return False
    package = last.partition(".")[0]
    # A package's own extension belongs to it, but the actor's own is a module
    # like its others.
    return extension.partition(".")[0] != package or last == module


def _short(file: str) -> str:
    parts = file.split("/")
    return "/".join(parts[-2:]) if parts[-1] == "__init__.py" else parts[-1]
