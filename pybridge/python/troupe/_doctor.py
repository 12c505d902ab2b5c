# SPDX-License-Identifier: Apache-2.0
"""`troupe doctor`: do modules load in actors, and at what price?

Each module is imported by a child process (the launcher again, with
--report-to), so that one that crashes or never comes to an end takes nothing
else with it. The child reports in JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time

import troupe
from troupe import _faults, _target

ALL_LOAD, SOME_DONT, INTERRUPTED = 0, 1, 130

_PATIENCE = 60  # seconds for a module


def examine(launcher: list[str], modules: list[str], report_to: int) -> int:
    """Answers the exit code."""
    _target.search_first(os.getcwd())
    if report_to >= 0:
        return _report(modules[0], report_to)
    try:
        verdicts = [_verdict(launcher, name) for name in _resolved(modules)]
    except KeyboardInterrupt:
        return INTERRUPTED
    return ALL_LOAD if all(verdicts) else SOME_DONT


def _resolved(names: list[str]) -> list[str]:
    """With a distribution's modules in place of its name."""
    from importlib import metadata, util

    resolved = []
    for name in names:
        if "." in name or _found(util, name):
            resolved.append(name)
            continue
        wanted = _canonical(name)
        owned = [
            module
            for module, owners in metadata.packages_distributions().items()
            if wanted in map(_canonical, owners) and module.isidentifier()
        ]
        resolved += owned or [name]
    return resolved


def _found(util, name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


# The parent.


def _verdict(launcher: list[str], module: str) -> bool:
    """Prints what became of it; answers whether it loads."""
    report = _ask_child(launcher, module)
    if "seconds" in report:
        time_taken = f"{1000 * report['seconds']:.1f} ms"
        memory = _megabytes(report["bytes"])
        print(f"{module}: loads; {time_taken}, {memory} for each interpreter")
    else:
        print(f"{module}: {report['why']}")
    sys.stdout.flush()
    return "seconds" in report


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size >= 2**20 / 10 else "less than 0.1 MB"


def _ask_child(launcher: list[str], module: str) -> dict:
    reader, writer = os.pipe()
    with os.fdopen(reader) as answers:
        command = [*launcher, "doctor", "--report-to", str(writer), module]
        child = subprocess.Popen(
            command,
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(writer)
        try:
            _, said = child.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return {"why": f"its import doesn't come to an end within {_PATIENCE} s"}
        finally:
            child.kill()
            child.wait()
        text = answers.read()
    return json.loads(text) if text else {"why": _how_it_ended(child.returncode, said)}


def _how_it_ended(code: int, said: bytes) -> str:
    if code < 0:
        how = f"crashes there ({signal.Signals(-code).name})"
        return how + '; run it with home="process", if it works in a main interpreter'
    last = said.decode(errors="replace").strip().splitlines()[-1:]
    return f"ends the process with exit code {code}: {''.join(last) or 'it says nothing'}"


# The child.


def _report(module: str, report_to: int) -> int:
    system = troupe.System(workers=1)
    answer = _measured(system, module)
    with os.fdopen(report_to, "w") as file:
        json.dump(answer, file)
    # Not system.shutdown(): what the module has started there may never stop.
    sys.stderr.flush()
    os._exit(ALL_LOAD)


def _measured(system: troupe.System, module: str) -> dict:
    examiners = [system.spawn("troupe._gauge") for _ in range(2)]
    _await_warm_interpreters(system)
    try:
        seconds, memory = examiners[0].ask.measure(module).result()
        # Some load once in a process, and never again.
        examiners[1].ask.measure(module).result()
    except BaseException as error:  # SystemExit too
        failure = troupe.SpawnError(str(error))
        failure.__cause__ = error
        return {"why": _described(failure, module)}
    return {"seconds": seconds, "bytes": memory}


def _await_warm_interpreters(system: troupe.System) -> None:
    """Their creation goes on in the background, and would be measured too."""
    end = time.monotonic() + 5
    while system.stats()["interpreters_warm"] < 2 and time.monotonic() < end:
        time.sleep(0.005)


def _described(failure: troupe.SpawnError, module: str) -> str:
    text = _faults.describe_spawn(failure)
    text = text.replace("the actor can't start;", "its import fails;", 1)
    refusal = text.removeprefix(f"actor module {module!r}")
    if refusal == text:
        return text
    refusal = refusal.removeprefix(", which").removeprefix(", whose")
    owner = "its" if refusal.startswith(" extension") else "it"
    return f"refuses: {owner}{refusal}{_in_main(module)}"


def _in_main(module: str) -> str:
    try:
        __import__(module)
    except BaseException as error:
        return f" (but it fails there too: {type(error).__name__}: {error})"
    return ""
