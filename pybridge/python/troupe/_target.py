# SPDX-License-Identifier: Apache-2.0
"""Loads what `troupe run` was told to run."""

import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType

from troupe import _faults
from troupe._faults import Unusable


def load_script(path: str) -> ModuleType:
    """Runs a .py file as the module that actors can import by its stem."""
    name = os.path.basename(path).removesuffix(".py")
    if name in sys.stdlib_module_names or name == "troupe":
        owner = "Troupe" if name == "troupe" else "Python"
        raise Unusable(
            f"{path} hides the module {name!r} that comes with {owner}; rename it"
        )
    if "." in name or not name:
        raise Unusable(f"{path}: actors can't import {name!r}; rename it")
    real = os.path.realpath(path)
    search_first(os.path.dirname(real))
    spec = importlib.util.spec_from_file_location(name, real)
    assert spec is not None
    return _execute(spec, path)


def load_module(name: str) -> ModuleType:
    """Imports a module by its dotted name, as the program's main module."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if not (name + ".").startswith(f"{error.name}."):
            raise _faults.bad_import(name, error) from None
        spec = None
    except (ImportError, ValueError):  # "", "a..b", ".a"
        spec = None
    except Exception as error:  # of a package above it
        raise _faults.bad_import(name, error) from None
    if spec is None:
        raise Unusable(_faults.no_module(name))
    return _execute(spec, name)


def find_main(module: ModuleType, where: str, name: str = "main") -> Callable:
    """The function to call, as one that takes a system and a list of words.

    Of `def main(system)` and `def main(system, args)` it takes both. A second
    parameter that may be left out is the program's own affair, unless it is
    called `args`.
    """
    main = getattr(module, name, None)
    if not callable(main):
        raise Unusable(
            f"{where} has no function {name}; add: def {name}(system): ..."
        )
    names, required = _parameters(main)
    if not names or required > 2:
        raise Unusable(
            f"{name}({', '.join(names)}) in {where} must take (system) or "
            "(system, args)"
        )
    takes_args = required == 2 or names[1:2] == ["args"]

    def call(system, args: list[str]) -> None:
        result = main(system, args) if takes_args else main(system)
        if hasattr(result, "__await__"):
            import asyncio

            asyncio.run(_wait_for(result))

    return call


def search_first(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path.insert(0, folder)


async def _wait_for(awaitable) -> None:
    await awaitable


def _parameters(main: Callable) -> tuple[list[str], int]:
    """The names of the positional ones, and how many of them are required."""
    if type(main) is FunctionType and not hasattr(main, "__wrapped__"):
        code = main.__code__
        names = list(code.co_varnames[: code.co_argcount])
        return names, len(names) - len(main.__defaults__ or ())
    import inspect  # takes 10 ms

    parameters = inspect.signature(main).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in parameters if p.kind in kinds]
    required = [p for p in positional if p.default is p.empty]
    return [p.name for p in positional], len(required)


def _execute(spec: ModuleSpec, where: str) -> ModuleType:
    """Imports by `spec` under its own name, and as __main__ too."""
    module = importlib.util.module_from_spec(spec)
    for name in (spec.name, "__main__", "__mp_main__"):
        sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _faults.bad_import(where, error) from None
    return sys.modules.get(spec.name, module)
