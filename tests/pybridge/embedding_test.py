# SPDX-License-Identifier: Apache-2.0
"""An embedded Python, and its actors, behave as `python` would."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
import venv
from pathlib import Path

PROBE = Path(__file__).parent / "embed_probe"


def clean_environment(**changes):
    dropped = ("PYTHON", "VIRTUAL_ENV")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    return kept | changes


def run(where, code, *arguments, **environment):
    return subprocess.run(
        [PROBE, where, code, *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


class Embedding(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def printed(self, code, *arguments, **environment):
        """What an expression is in an actor; it has to be so in main too."""
        results = [
            run(where, f"import sys; print({code})", *arguments, **environment)
            for where in ("main", "actor")
        ]
        for result in results:
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(results[0].stdout, results[1].stdout)
        return results[1].stdout.rstrip("\n")

    def make_venv(self):
        venv.create(self.folder / "venv", with_pip=False)
        root = self.folder / "venv"
        (packages,) = root.glob("lib/python*/site-packages")
        return root, packages

    def test_prefix_and_executable_are_those_of_the_configured_python(self):
        expression = (
            "sys.executable, sys.prefix == sys.base_prefix, "
            "all(map(__import__('os').path.exists, "
            "(sys.executable, sys.prefix)))"
        )
        self.assertIn(" True True", self.printed(expression))

    def test_executable_runs_the_same_version(self):
        executable, version = self.printed(
            "sys.executable, sys.version, sep='|'"
        ).split("|")
        child = subprocess.run(
            [executable, "-c", "import sys; print(sys.version)"],
            capture_output=True,
            text=True,
        )
        self.assertEqual(child.stdout.rstrip(), version)

    def test_site_packages_are_on_the_path(self):
        path = self.printed(
            "__import__('sysconfig').get_path('purelib') in sys.path"
        )
        self.assertEqual(path, "True")

    def test_an_active_virtual_environment_is_used(self):
        root, packages = self.make_venv()
        (packages / "only_here.py").write_text("value = 'from the venv'")
        printed = self.printed(
            "__import__('only_here').value, sys.prefix, sys.executable, "
            "sep='|'",
            VIRTUAL_ENV=str(root),
        )
        self.assertEqual(
            printed.split("|"),
            ["from the venv", str(root), str(root / "bin/python")],
        )

    def test_a_virtual_environment_of_another_version_is_not(self):
        root, _ = self.make_venv()
        config = root / "pyvenv.cfg"
        config.write_text("home = /usr/bin\nversion = 3.1.4\n")
        printed = self.printed("sys.prefix", VIRTUAL_ENV=str(root))
        self.assertNotEqual(printed, str(root))

    def test_a_path_file_that_installs_an_import_hook_works_in_actors(self):
        root, packages = self.make_venv()
        (packages / "editable.pth").write_text("import editable_finder\n")
        (packages / "editable_finder.py").write_text(
            "import sys\n"
            "class Finder:\n"
            "    @staticmethod\n"
            "    def find_spec(name, path=None, target=None):\n"
            "        if name == 'edited':\n"
            "            from importlib.util import spec_from_file_location\n"
            f"            file = {str(self.folder / 'src/edited.py')!r}\n"
            "            return spec_from_file_location(name, file)\n"
            "sys.meta_path.append(Finder)\n"
        )
        (self.folder / "src").mkdir()
        (self.folder / "src/edited.py").write_text("value = 42")
        printed = self.printed(
            "__import__('edited').value", VIRTUAL_ENV=str(root)
        )
        self.assertEqual(printed, "42")

    def test_environment_variables_count(self):
        (self.folder / "mine.py").write_text("value = 1")
        printed = self.printed(
            "__import__('mine').value, sys.dont_write_bytecode",
            PYTHONPATH=str(self.folder),
            PYTHONDONTWRITEBYTECODE="1",
        )
        self.assertEqual(printed, "1 True")

    def test_arguments_arrive_whatever_is_in_them(self):
        printed = self.printed("ascii(sys.argv)", "--help", "-c", "ä", "\udcff")
        self.assertEqual(
            printed, ascii(["probe", "--help", "-c", "ä", "\udcff"])
        )

    def test_warning_filters_count(self):
        printed = self.printed(
            "__import__('warnings').filters[0][:3:2]", PYTHONWARNINGS="error"
        )
        self.assertEqual(printed, "('error', <class 'Warning'>)")

    def test_output_is_flushed_at_the_end(self):
        for where in ("main", "actor"):
            result = run(where, "print('half a line', end='')")
            self.assertEqual(result.stdout, "half a line")

    def test_unbuffered_output_is_whole_lines_too(self):
        code = "print('a', 1); print('b', end=''); print()"
        for where in ("main", "actor"):
            result = run(where, code, PYTHONUNBUFFERED="1")
            self.assertEqual(result.stdout, "a 1\nb\n")

    def test_a_reader_that_goes_away_raises_broken_pipe(self):
        code = (
            "import sys\n"
            "try:\n"
            "    while True: print('x' * 1000)\n"
            "except BrokenPipeError: print('noticed', file=sys.stderr)\n"
        )
        for where in ("main", "actor"):
            with subprocess.Popen(
                [PROBE, where, code],
                env=clean_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as probe:
                probe.stdout.readline()
                probe.stdout.close()
                self.assertEqual(probe.stderr.readline(), "noticed\n")

    def test_closed_standard_streams_are_none(self):
        for where in ("main", "actor"):
            result = subprocess.run(
                ["sh", "-c", f'"{PROBE}" {where} "$CODE" >&-'],
                env=clean_environment(
                    CODE="import sys; assert sys.stdout is None; print('lost')"
                ),
            )
            self.assertEqual(result.returncode, 0)

    def test_ctrl_c_raises_keyboard_interrupt_in_main(self):
        code = (
            "try:\n"
            "    print('ready')\n"
            "    while True: pass\n"
            "except KeyboardInterrupt: print('interrupted')\n"
        )
        with subprocess.Popen(
            [PROBE, "main", code],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as probe:
            self.assertEqual(probe.stdout.readline(), "ready\n")
            probe.send_signal(signal.SIGINT)
            self.assertEqual(probe.stdout.readline(), "interrupted\n")
        self.assertEqual(probe.returncode, 0)

    def test_processes_can_be_started(self):
        for where in ("main", "actor"):
            result = run(
                where,
                "import subprocess, sys\n"
                "subprocess.run([sys.executable, '-c', 'print(1)'])\n",
            )
            self.assertEqual((result.stdout, result.stderr), ("1\n", ""))

    def test_a_daemon_thread_does_not_keep_the_program_from_ending(self):
        for where in ("main", "actor"):
            result = run(
                where,
                "import threading\n"
                "wait = threading.Event().wait\n"
                "threading.Thread(target=wait, daemon=True).start()\n"
                "print('done')\n",
            )
            self.assertEqual((result.returncode, result.stdout), (0, "done\n"))


if __name__ == "__main__":
    unittest.main()
