# SPDX-License-Identifier: Apache-2.0
"""Functions of stages on their way to the workers, and failures on their way back.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def pack(function: "Any", stage: str) -> "Any":
    """In the caller: something that can be sent for it, as often as need be.

    A function that can be imported goes by its name; a lambda, a closure, or one
    of __main__ as code. What can't be sent in it is a TypeError that says where.
    """
    if isinstance(function, str):
        load(function)  # a mistake is told here and now
        return ("name", function)
    from troupe._core import Sealed
    from troupe._shipping import BY_VALUE

    return ("sealed", Sealed(function, f"stage '{stage}'", BY_VALUE))


def unpack(packed: "Any") -> "Any":
    """In a worker: the function."""
    how, what = packed
    return load(what) if how == "name" else what.open()


def load(path: str) -> "Any":
    """What "module:name" names."""
    from importlib import import_module

    module, colon, name = path.partition(":")
    if not colon or not module or not name:
        raise ValueError(f"a function is named 'module:function', not {path!r}")
    found = import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise AttributeError(f"module {module!r} has no {name!r}")
        found = getattr(found, part)
    return found


def is_stage_class(what: "Any") -> bool:
    """A class whose objects are functions; `int` and its like aren't meant."""
    return isinstance(what, type) and any("__call__" in vars(c) for c in what.__mro__)


def sendable(item: "Any") -> "Any":
    """The item, or what repr() says of it if it can't be sent."""
    from pickle import dumps

    try:
        dumps(item)
        return item
    except Exception:
        return shown(item)


def shown(item: "Any") -> str:
    try:
        text = repr(item)
    except Exception as error:
        text = f"<{type(item).__name__} whose repr() raises {error!r}>"
    return text if len(text) <= 200 else text[:197] + "..."


def told(error: BaseException, traced: bool) -> "tuple[BaseException, str]":
    """An exception and its traceback ("" if not `traced`), both fit to be sent."""
    import pickle

    from troupe.errors import RemoteError

    text = ""
    if traced:
        import traceback

        text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
        return error.with_traceback(None), text  # else it would be formatted again
    except Exception:
        kind = type(error)
        name = f"{kind.__module__}.{kind.__qualname__}"
        return RemoteError(name, str(error), text), text


def itself(item: "Any") -> "Any":
    """The item: what distinct() goes by if nothing is said."""
    return item
