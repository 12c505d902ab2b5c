# SPDX-License-Identifier: Apache-2.0
"""`python -m troupe run app.py`, and the command `troupe`: the launcher in an
ordinary Python. `python -m troupe --help` says what it can do.
"""

import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from troupe import _core


def main() -> None:
    """Does what the command line says, and ends the process with its exit code.

    For the process's first thread.
    """
    if not sys.flags.safe_path:
        del sys.path[0]  # where this command lies; the program's folder follows
    command = [sys.executable, "-m", "troupe"]
    sys.exit(_load_launcher().launch(command, sys.argv[1:]))


def _load_launcher() -> ModuleType:
    # A module that shares the file of another: the import system wouldn't look
    # for it there.
    name = "troupe._launcher"
    loader = ExtensionFileLoader(name, _core.__file__)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
