# SPDX-License-Identifier: Apache-2.0
"""Documents whose code runs: files, and commands with what they print.

In a document these blocks mean something:
  - one whose first line is `# NAME.EXT` is that file, until a later block is;
  - ```text with lines `$ COMMAND` is a dialogue: what is printed follows each
    command. stdout and stderr come together, as on a terminal.
Paths of the folder are shown as if it were SHOWN_FOLDER.
"""

import os
import re
import subprocess
from pathlib import Path

SHOWN_FOLDER = "/home/me/guide"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_FILE = re.compile(r"\A# ([\w.-]+\.\w+)\n")


class Step:
    """A block of a document: a file, or commands and what they print."""

    def __init__(self, line, kind, text):
        self.line, self.kind, self.text = line, kind, text

    @property
    def file(self):
        named = _FILE.match(self.text)
        return named and named[1]

    @property
    def dialogue(self):
        """[(command, what it prints)] of a block with commands."""
        if self.kind != "text" or not self.text.startswith("$ "):
            return []
        parts = re.split(r"^\$ (.*)\n", self.text, flags=re.M)[1:]
        return list(zip(parts[::2], parts[1::2]))


def steps(text):
    """The blocks of a document, in order."""
    return [
        Step(text.count("\n", 0, block.start()) + 1, block[1], block[2])
        for block in _BLOCK.finditer(text)
    ]


def write(step, folder):
    (Path(folder) / step.file).write_text(step.text)


def run(command, folder, launcher):
    """What the command prints, in a shell that knows `troupe`."""
    tools = Path(folder) / ".bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "troupe").exists():
        (tools / "troupe").symlink_to(os.path.abspath(launcher))
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=_environment(tools),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.stdout.replace(os.path.realpath(folder), SHOWN_FOLDER)


def _environment(tools):
    path = f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # The last two tell the launcher where its package is: within a test, its own
    # runfiles need not be there.
    names = ("HOME", "TMPDIR", "RUNFILES_DIR", "TEST_SRCDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PATH": path, "LANG": "C.UTF-8", "PYTHON_COLORS": "0"}
