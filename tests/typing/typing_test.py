# SPDX-License-Identifier: Apache-2.0
"""mypy finds in tests/typing/cases what is wrong there, and nothing else."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

WORKSPACE = Path(os.environ["TEST_SRCDIR"], "troupe")
CASES = WORKSPACE / "tests" / "typing" / "cases"
PACKAGE = WORKSPACE / "pybridge" / "python"
PLUGIN = PACKAGE / "troupe" / "mypy_plugin.py"

CONFIGURATION = """
[mypy]
strict = True
python_version = 3.13
show_error_codes = True
{plugins}

# Not what is tested here: tools/types does that.
[mypy-troupe.*]
ignore_errors = True
"""

_EXPECTED = re.compile(r"  # E: (.*)")
_REPORTED = re.compile(r"(.+?):(\d+): error: (.*)")


def expected(path: Path) -> dict[int, str]:
    """{line: words of the error that mypy must report there}"""
    lines = enumerate(path.read_text().splitlines(), 1)
    found = ((number, _EXPECTED.search(line)) for number, line in lines)
    return {number: match[1] for number, match in found if match}


class MypyTest(unittest.TestCase):
    maxDiff = None

    def reported(self, path: Path, plugins: str) -> dict[int, list[str]]:
        """{line: errors} of a case, in a folder of its own."""
        with tempfile.TemporaryDirectory() as folder:
            configuration = Path(folder, "mypy.ini")
            configuration.write_text(CONFIGURATION.format(plugins=plugins))
            done = subprocess.run(
                [
                    shutil.which("mypy") or "/usr/bin/mypy",
                    *("--config-file", configuration, "--cache-dir", folder),
                    *("--no-error-summary", path),
                ],
                cwd=CASES,
                env={**os.environ, "MYPYPATH": f"{PACKAGE}{os.pathsep}{CASES}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        errors: dict[int, list[str]] = {}
        for line in done.stdout.splitlines():
            if match := _REPORTED.match(line):
                self.assertEqual(os.path.basename(match[1]), path.name, line)
                errors.setdefault(int(match[2]), []).append(match[3])
        self.assertIn(done.returncode, (0, 1), done.stdout)
        return errors

    def check(self, name: str, plugins: str = "") -> None:
        path = CASES / name
        reported, wanted = self.reported(path, plugins), expected(path)
        self.assertTrue(wanted)
        for line in sorted({*reported, *wanted}):
            with self.subTest(f"{name}:{line}"):
                self.assertIn(line, wanted, reported.get(line))
                self.assertIn(wanted[line], "\n".join(reported.get(line, ["nothing"])))

    def test_without_a_plugin(self) -> None:
        self.check("plain.py")

    def test_with_the_plugin(self) -> None:
        self.check("plugged.py", f"plugins = {PLUGIN}")

    def test_the_plugin_leaves_the_plain_forms_as_they_are(self) -> None:
        cases = "\n".join(f"{number}" for number in expected(CASES / "plain.py"))
        reported = self.reported(CASES / "plain.py", f"plugins = {PLUGIN}")
        self.assertEqual("\n".join(map(str, sorted(reported))), cases)


if __name__ == "__main__":
    unittest.main()
