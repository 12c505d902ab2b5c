# SPDX-License-Identifier: Apache-2.0
"""The parts of an actor's life that aren't hot, called by the C++ core.

This runs in every actor's interpreter, so it imports little, and that late.
"""

import sys

TYPE_CHECKING = False  # `typing` takes 10 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

def handler(function: "Function") -> "Function":
    """Marks a function of an actor's module, or a method, as a handler.

    The marked function can be called by others with `ref.tell.NAME(...)` and
    `ref.ask.NAME(...)`, or `ref.ask(FUNCTION, ...)`, which type checkers
    understand; what it returns is the answer. It may be `async def`.

    >>> @handler
    ... def add(a: int, b: int) -> int:
    ...     return a + b
    >>> add(1, 2)
    3
    """
    inner = getattr(function, "__func__", function)  # of a static or class method
    if not callable(inner):
        raise TypeError(
            f"@troupe.handler marks a function, not {type(function).__name__}"
        )
    for each in (inner, function):
        each.__troupe_handler__ = True  # type: ignore[union-attr]
    return function


def start(recipe):
    """First call of an actor's life.

    Returns a function that makes the actor out of the arguments of its spawn
    and answers ({handler name: callable}, receive or None, stopping or None),
    or a coroutine that does, if started() is `async def`.
    """
    module_name, class_name, private = recipe

    def start_with(*args, **kwargs):
        try:
            module = _load(module_name, private and not class_name)
        except ImportError as error:
            from troupe import _refusal

            why = _refusal.explain(error, module_name)
            if why is None:
                raise
            raise ImportError(why) from error
        if class_name:
            target = _find(module, class_name)(*args, **kwargs)
            args, kwargs = (), {}
        else:
            target = module
        started = _call_started(target, module_name, args, kwargs)
        name = f"{module_name}:{class_name}".rstrip(":")
        if hasattr(started, "__await__"):
            return _parts_after(started, target, name)
        restarted = _call_restarted(target)
        if hasattr(restarted, "__await__"):
            return _parts_after(restarted, target, name, told=True)
        return _parts(target, name)

    return start_with


async def _parts_after(started, target, name, told=False):
    await started
    if not told:
        restarted = _call_restarted(target)
        if hasattr(restarted, "__await__"):
            await restarted
    return _parts(target, name)


def _load(name, private):
    if name == "__main__":
        from troupe import _bootstrap

        _bootstrap.load_main()
        return sys.modules["__main__"]
    if not private:
        return _import(name)
    # Several actors may live in this interpreter, and the globals of a module
    # are the state of one actor: so each gets a module object of its own. (The
    # state of an actor that is a class is its object, so these share modules.)
    import importlib.util

    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _import(name):
    __import__(name)
    return sys.modules[name]


def _find(module, qualified_name):
    found = module
    for part in qualified_name.split("."):
        found = getattr(found, part)
    return found


def _call_started(target, name, args, kwargs):
    started = getattr(target, "started", None)
    if started is not None:
        return started(*args, **kwargs)
    if args or kwargs:
        raise TypeError(
            f"actor module {name!r} got arguments, but has no started() to take them"
        )
    return None


def _call_restarted(target):
    # Of a restarted actor: tells it why the one before has ended.
    restarted = getattr(target, "restarted", None)
    if restarted is None:
        return None
    from troupe import _core

    why = _core.last_failure()
    return None if why is None else restarted(*why)


def _parts(target, name):
    parts = _behaviour_of(target)
    if not parts[0] and parts[1] is None and not hasattr(target, "started"):
        raise TypeError(
            f"{name} is no actor: mark its handlers with @troupe.handler, "
            "or define receive(message)"
        )
    return parts


def behaviour_of(what):
    """The parts of what context.become() gets."""
    if isinstance(what, dict):
        return _behaviour_of_dict(what)
    if isinstance(what, type):
        what = what()
    parts = _behaviour_of(what)
    if parts[0] or parts[1] is not None:
        return parts
    if not callable(what):
        raise TypeError(
            f"context.become() can do nothing with {what!r}: give it a callable, "
            "a dict of callables, or something that has handlers or receive()"
        )
    return {}, what, *parts[2:]


def _behaviour_of_dict(handlers):
    for name, function in handlers.items():
        if not isinstance(name, str) or not callable(function):
            raise TypeError(
                "context.become() takes a dict of callables by handler name; "
                f"not {name!r}: {function!r}"
            )
    return handlers, None, None, None, None, None


_HOOKS = ("receive", "stopping", "down", "exited", "timed_out")


def _behaviour_of(target):
    """({handler name: callable}, receive, stopping, down, exited, timed_out), of
    which all but the first may be None."""
    handlers = {
        key: value
        for key, value in _members(target)
        if getattr(value, "__troupe_handler__", False) is True
    }
    return handlers, *(getattr(target, hook, None) for hook in _HOOKS)


def _members(target):
    if isinstance(target, type(sys)):
        return list(vars(target).items())
    names = {name for base in type(target).__mro__ for name in vars(base)}
    marked = (name for name in names if not name.startswith("__"))
    return [(name, getattr(target, name)) for name in marked if _is_function(target, name)]


def _is_function(target, name):
    # Without running the properties of the class.
    for base in type(target).__mro__:
        if name in vars(base):
            member = vars(base)[name]
            return callable(member) or isinstance(member, (staticmethod, classmethod))
    return False


def run_callbacks():
    """Futures that this actor waits for are done."""
    from troupe import _futures

    _futures.run_actor_callbacks()


def report(context, exception):
    """Shows what ended an actor, in one write."""
    if isinstance(exception, BrokenPipeError):
        from troupe import _output

        if _output.reader_is_gone():
            return
    import traceback

    text = "".join(traceback.format_exception(exception))
    sys.stderr.write(f"troupe: {context}\n{text}")
    sys.stderr.flush()


def forget(actor_id):
    """The actor has ended, and others go on in this interpreter."""
    futures = sys.modules.get("troupe._futures")
    if futures is not None:
        futures.forget_actor(actor_id)
