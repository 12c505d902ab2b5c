# SPDX-License-Identifier: Apache-2.0
"""For the tests beside: a folder with a program in it, and the launcher."""

import os
import signal
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

LAUNCHER = Path(os.environ["TEST_SRCDIR"], "troupe", "pybridge", "troupe")
DEADLINE = 60  # seconds: for a machine with much else to do


class Result:
    """How a run ended: exit code, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit code {self.code}\n-- stdout\n{self.out}-- stderr\n{self.err}"


class LauncherTest(unittest.TestCase):
    """Has `self.folder`, which is empty at first and the current one of runs."""

    maxDiff = None

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        # resolve(): as Python shows the path of a script.
        self.folder = Path(temporary.name).resolve()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))

    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [LAUNCHER, *arguments],
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(_end, process)
        return process

    def finish(self, process: subprocess.Popen) -> Result:
        out, err = process.communicate(timeout=DEADLINE)
        return Result(process.returncode, out or "", err)

    def launch(self, *arguments: str) -> Result:
        return self.finish(self.start(*arguments))

    def run_app(self, text: str, *args: str, **files: str) -> Result:
        """Runs `text` as app.py, with actor modules (name=text) beside it."""
        self.write("app.py", text)
        for name, source in files.items():
            self.write(f"{name}.py", source)
        return self.launch("run", "app.py", *args)

    def assertUnusable(self, result: Result, message: str) -> None:
        """Exit code 2, nothing on stdout, and exactly this on stderr."""
        expected = textwrap.dedent(message).strip()
        shown = result.err.replace(str(self.folder), "FOLDER").strip()
        self.assertEqual(shown, expected, result)
        self.assertEqual((result.code, result.out), (2, ""), result)


def interrupt(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)


def _environment() -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "RUNFILES_DIR", "TEST_SRCDIR", "TEST_TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHON_COLORS": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: subprocess.Popen) -> None:
    process.kill()  # does nothing if it has ended
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()
