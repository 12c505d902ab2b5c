# SPDX-License-Identifier: Apache-2.0
"""The programs in the README and in the guide print what is shown there."""

import os
import tempfile
import unittest

import installed
import runnable

_HERE = os.environ.get("TEST_SRCDIR", "")
_WORKSPACE = os.path.join(_HERE, "troupe") if _HERE else os.getcwd()
LAUNCHER = os.path.join(_WORKSPACE, "pybridge", "troupe")


def read(path):
    with open(os.path.join(_WORKSPACE, path), encoding="utf-8") as file:
        return file.read()


def bare(text):
    """Without spaces at the ends of lines: editors remove them."""
    return [line.rstrip() for line in text.splitlines()]


# What is run of these is what a reader can run: the comparisons are ```py.
NEWCOMERS = [
    f"docs/coming-from-{whence}.md"
    for whence in ("multiprocessing", "concurrent-futures", "pykka", "ray", "erlang")
]


class Documents(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # `python` is that of an environment which has the wheel.
        programs = installed.environment() / "bin"
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def check(self, path):
        dialogues = 0
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            for step in runnable.steps(read(path)):
                if step.file:
                    runnable.write(step, folder)
                for command, shown in step.dialogue:
                    dialogues += 1
                    with self.subTest(f"{path}:{step.line}: {command}"):
                        printed = runnable.run(command, folder, LAUNCHER)
                        self.assertEqual(bare(printed), bare(shown))
        self.assertGreater(dialogues, 0)

    def test_the_guides_programs_print_what_it_shows(self):
        self.check("docs/guide.md")

    def test_the_readmes_first_actor_prints_what_it_shows(self):
        self.check("README.md")

    def test_the_pages_for_newcomers_print_what_they_show(self):
        for path in NEWCOMERS:
            self.check(path)

    def test_the_programs_about_pipelines_print_what_is_shown(self):
        self.check("docs/pipelines.md")

    def test_every_program_in_the_guide_has_a_file_name(self):
        for path in ("docs/guide.md", "docs/pipelines.md", "README.md", *NEWCOMERS):
            for step in runnable.steps(read(path)):
                if step.kind in ("python", "toml"):
                    self.assertTrue(step.file, f"{path}:{step.line}")


if __name__ == "__main__":
    unittest.main()
