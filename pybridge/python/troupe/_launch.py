# SPDX-License-Identifier: Apache-2.0
"""The launcher's Python half: runs a program of actors from begin to end.

The C++ half has read the command line and the system file; run() gets both as
plain values and answers the exit code: 0 done, 1 main or an actor failed, 2
bad input, 130 interrupted, or what the program gave to sys.exit().
"""

import os
import sys
from collections.abc import Callable

import troupe
from troupe import _faults, _output, _running, _target
from troupe._faults import Unusable

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def run(
    kind: str,
    target: str,
    args: list[str],
    options: dict,
    system_file: dict | None,
    watch_signals: Callable[[bool], None],
    limits: dict[str, float],
) -> int:
    """Answers the exit code. `options` are System()'s, `watch_signals` arms the
    launcher's handlers, and `limits` are those of the shutdown."""
    try:
        begin = _prepare(kind, target, args, system_file)
        code = _run(begin, options, watch_signals, limits)
    except BaseException as error:
        code = _code_of(error)
    return _flush(code)


def _prepare(
    kind: str, target: str, args: list[str], system_file: dict | None
) -> Callable:
    if system_file is not None:
        from troupe import _system_file

        return _system_file.prepare(system_file, args)
    if kind == "script":
        module = _target.load_script(target)
    else:
        _target.search_first(os.getcwd())
        module = _target.load_module(target)
    main = _target.find_main(module, target)
    return lambda system: main(system, args)


def _run(
    begin: Callable,
    options: dict,
    watch_signals: Callable[[bool], None],
    limits: dict[str, float],
) -> int:
    _running.system = system = troupe.System(**options)
    code = DONE
    try:
        begin(system)
        watch_signals(False)  # the program may have put others in place of them
        if not system.closing:
            system.wait_quiet()
    except BaseException as error:
        watch_signals(isinstance(error, KeyboardInterrupt))
        code = _code_of(error)
    _running.system = None
    code = _stop(system, code, limits)
    return FAILED if code == DONE and system.stats()["failed"] else code


def _stop(system: troupe.System, code: int, limits: dict[str, float]) -> int:
    try:
        left = system.shutdown(**limits)
    except KeyboardInterrupt as error:
        code = _code_of(error)
        left = system.shutdown(**limits)
    killed = [name for name in left.killed if name not in left]
    if killed:
        _say(f"these actors didn't stop in time, and were killed: {', '.join(killed)}")
    if not left:
        return code
    _say(f"these actors don't stop, and are left behind: {', '.join(left)}")
    return code or FAILED


def _code_of(error: BaseException) -> int:
    """Reports what ended the program, and answers its exit code."""
    if isinstance(error, Unusable):
        _say(str(error))
        return UNUSABLE
    if isinstance(error, SystemExit):
        return _exit_code(error.code)
    if isinstance(error, troupe.SpawnError) and _faults.is_bad_module(error):
        _say(_faults.place_of(error) + _faults.describe_spawn(error))
        return UNUSABLE
    if isinstance(error, KeyboardInterrupt):
        _say("interrupted; stopping the actors (Ctrl-C again: at once)")
        return INTERRUPTED
    if not (isinstance(error, BrokenPipeError) and _output.reader_is_gone()):
        trace = _faults.user_traceback(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    return FAILED


def _exit_code(code: object) -> int:
    if code is None:
        return DONE
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return FAILED


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(f"troupe: {text}", file=sys.stderr, flush=True)


def _flush(code: int) -> int:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads; keep finalization from trying (and saying so) again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return code or FAILED
    except (OSError, ValueError):  # no space left; closed by the program
        return code or FAILED
    return code
