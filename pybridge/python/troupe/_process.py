# SPDX-License-Identifier: Apache-2.0
"""Child processes in which actors live: how one is started, and what it does.

The parent starts its own program again, and gives it two descriptors: a socket,
over which all else goes (pybridge/process), and a file with what interpreters of
actors take over from the main one: sys.path, sys.argv, the program's __main__.
"""

import os
import sys

_START = "import sys; sys.path.insert(0, sys.argv[1]); from troupe._process import start; start()"


def command() -> list[bytes]:
    """The words that start such a process, if the program is an ordinary Python."""
    from subprocess import _args_from_interpreter_flags  # type: ignore[attr-defined]

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    words = [sys.executable, *_args_from_interpreter_flags(), "-c", _START, package]
    return [os.fsencode(word) for word in words]


def start() -> None:
    """What such a command does, to its end."""
    from troupe.__main__ import _load_launcher

    sys.exit(_load_launcher().launch([], ["process-home"]))


def serve(socket: int, settings: int) -> int:
    """Answers the exit code, when the parent has no more to do here."""
    from troupe import _bootstrap, _core

    with open(settings, "rb") as file:
        _bootstrap.renew(file.read())
    _bootstrap.empty_main()
    _core.serve_process(socket)
    return 0
