# SPDX-License-Identifier: Apache-2.0
"""For the tests beside: the wheel, and a virtual environment that pip has
installed it into. Nothing else is in there, and nothing is downloaded."""

import atexit
import ensurepip
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
import venv
from pathlib import Path

(WHEEL,) = Path(os.environ["TEST_SRCDIR"], "troupe", "wheel").glob("*.whl")
DEADLINE = 60  # seconds: for a machine with much else to do

# Stuck's handlers say by a byte that they have begun.
ACTORS = """
    import os
    import re
    import threading
    import time

    import troupe

    class Doubler:
        @troupe.handler
        def double(self, n):
            return 2 * n

    class Stuck:
        @troupe.handler
        def sleep(self, begun):
            os.write(begun, b".")
            time.sleep(10_000)

        @troupe.handler
        def spin(self, begun):
            os.write(begun, b".")
            while True:
                pass

        @troupe.handler
        def refuse_to_end(self, begun):
            os.write(begun, b".")
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass

        @troupe.handler
        def wait_for_a_lock(self, begun):
            os.write(begun, b".")
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()

        @troupe.handler
        def stay_in_c(self, begun):
            os.write(begun, b".")
            re.match("(a+)+$", 40 * "a" + "b")

        @troupe.handler
        def start_thread(self, begun):
            threading.Thread(target=time.sleep, args=(10_000,), daemon=True).start()
            os.write(begun, b".")

        @troupe.handler
        def ask(self, begun, other):
            other.ask.sleep(begun).result()
"""


@functools.cache
def environment() -> Path:
    """The virtual environment; one for each test program."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    venv.create(folder, with_pip=False, symlinks=True)
    (pip,) = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [folder / "bin/python", f"{pip}/pip", "--isolated", "install", *options, WHEEL],
        env=variables(),
        check=True,
    )
    return folder


def variables(**more: str) -> dict[str, str]:
    """Of the processes that tests start: nothing of Bazel's, and no compiler's."""
    names = ("PATH", "HOME", "LANG", "TEST_TMPDIR", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    kept["PATH"] = f"{os.path.dirname(sys.executable)}:{kept.get('PATH', os.defpath)}"
    return {**kept, "PYTHON_COLORS": "0", "PYTHONDONTWRITEBYTECODE": "1", **more}


class Ended:
    """How a process ended: exit code, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def __repr__(self) -> str:
        return f"exit code {self.code}\n-- stdout\n{self.out}-- stderr\n{self.err}"


class InstalledTest(unittest.TestCase):
    """Has `self.folder`, the current one of processes; in it is actors.py."""

    maxDiff = None

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()
        self.write("actors.py", ACTORS)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text).lstrip("\n"))

    def start(self, *command: str, **options) -> subprocess.Popen:
        """A program of the environment: "python", "troupe"."""
        program, *arguments = command
        usual = {
            "cwd": self.folder,
            "env": variables(),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }
        process = subprocess.Popen(
            [environment() / "bin" / program, *arguments], **{**usual, **options}
        )
        self.addCleanup(_end, process)
        return process

    def finish(self, process: subprocess.Popen, typed: str | None = None) -> Ended:
        out, err = process.communicate(typed, timeout=DEADLINE)
        return Ended(process.returncode, out, err or "")

    def run_command(self, *command: str) -> Ended:
        return self.finish(self.start(*command))

    def run_code(self, code: str) -> Ended:
        """By `python -c`."""
        return self.run_command("python", "-c", textwrap.dedent(code))

    def run_script(self, text: str) -> Ended:
        self.write("script.py", text)
        return self.run_command("python", "script.py")

    def assertEnded(self, ended: Ended, code: int, out: str, err: str = "") -> None:
        self.assertEqual((ended.code, ended.out, ended.err), (code, out, err), ended)


def _end(process: subprocess.Popen) -> None:
    process.kill()  # does nothing if it has ended
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()
