# SPDX-License-Identifier: Apache-2.0
"""The command `troupe` and `python -m troupe` do what the launcher does."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

from installed import DEADLINE, Ended, InstalledTest, variables

LAUNCHER = Path(os.environ["TEST_SRCDIR"], "troupe", "pybridge", "troupe")

APP = """
    import sys

    def main(system, args):
        print(__name__, sys.argv, args)
        print(system.spawn("actors:Doubler").ask.double(21).result(timeout=60))
"""

WAITING = """
    import time

    def main(system):
        system.spawn("actors:Doubler")
        print("ready", flush=True)
        time.sleep(10_000)
"""


class RunTest(InstalledTest):
    def launch(self, *arguments) -> Ended:
        """By the launcher that comes with a Python of its own."""
        runfiles = {name: os.environ[name] for name in ("TEST_SRCDIR",)}
        done = subprocess.run(
            [LAUNCHER, *arguments],
            cwd=self.folder,
            env=variables(**runfiles),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def assertSame(self, *arguments) -> Ended:
        """All three ways end in the same way; answers it."""
        wanted = self.launch(*arguments)
        for command in (["troupe"], ["python", "-m", "troupe"]):
            with self.subTest(command=command):
                ended = self.run_command(*command, *arguments)
                self.assertEnded(ended, wanted.code, wanted.out, wanted.err)
        return wanted

    def test_help_and_version_are_the_same(self):
        for arguments in ([], ["--help"], ["--version"], ["run", "--help"], ["rum"]):
            self.assertSame(*arguments)

    def test_a_file_is_run(self):
        self.write("app.py", APP)
        ended = self.assertSame("run", "--workers", "2", "app.py", "a", "--help", "ü")
        self.assertEqual(ended.code, 0, ended)
        self.assertIn("42\n", ended.out)

    def test_a_module_is_run(self):
        self.write("app.py", APP)
        self.assertIn("42\n", self.assertSame("run", "app").out)

    def test_a_system_file_is_run_and_checked(self):
        self.write(
            "system.toml",
            """
            [system]
            entry = "app:main"

            [[actor]]
            module = "actors"
            class = "Doubler"
            name = "doubler"
            """,
        )
        self.write("app.py", 'def main(system, args): print(system.lookup("doubler"))')
        self.assertEqual(self.assertSame("run", "system.toml").code, 0)
        self.assertEqual(self.assertSame("check", "system.toml").code, 0)

    def test_what_is_wrong_is_told_in_the_same_words(self):
        self.write("app.py", "def mian(system): pass\n")
        self.write("raises.py", "def main(system): 1 / 0\n")
        self.write("exits.py", "import sys\ndef main(system): sys.exit(7)\n")
        self.write("broken.toml", "[system]\nwrokers = 2\n")
        for arguments in (
            ["run", "app.py"],
            ["run", "raises.py"],
            ["run", "exits.py"],
            ["run", "not_there.py"],
            ["run", "broken.toml"],
            ["check", "broken.toml"],
            ["check", "app.py"],
            ["tree", "1"],
            ["doctor", "curses"],
        ):
            self.assertNotEqual(self.assertSame(*arguments).code, 0, arguments)

    def test_the_log_level_counts(self):
        self.write(
            "app.py",
            """
            import logging

            def main(system):
                log = logging.getLogger("app")
                log.info("shown")
                log.debug("not shown")
            """,
        )
        ended = self.assertSame("run", "--log-level", "INFO", "app.py")
        self.assertEqual(ended.err, "INFO [main] app: shown\n", ended)

    def test_the_doctor_examines_modules_of_the_environment(self):
        ended = self.run_command("troupe", "doctor", "json", "actors")
        self.assertEqual(ended.code, 0, ended)
        self.assertRegex(ended.out, r"\Ajson: loads; .*\nactors: loads; .*\n\Z")

    def started(self) -> subprocess.Popen:
        self.write("app.py", WAITING)
        process = self.start("troupe", "run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def test_ctrl_c_stops_the_actors_in_order(self):
        process = self.started()
        process.send_signal(signal.SIGINT)
        ended = self.finish(process)
        said = "troupe: interrupted; stopping the actors (Ctrl-C again: at once)\n"
        self.assertEnded(ended, 130, "", said)

    def test_sigterm_does_as_well(self):
        process = self.started()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process).code, 130)

    def test_a_second_signal_ends_it_at_once(self):
        self.write(
            "app.py",
            """
            import os
            import time

            def main(system):
                begins, begun = os.pipe()
                system.spawn("actors:Stuck").tell.sleep(begun)
                os.read(begins, 1)
                print("ready", flush=True)
                time.sleep(10_000)
            """,
        )
        process = self.start("troupe", "run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGINT)
        self.assertIn("interrupted", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 130)

    def test_the_tree_of_a_process_is_shown(self):
        process = self.started()
        ended = self.run_command("troupe", "tree", str(process.pid))
        self.assertEqual(ended.code, 0, ended)
        self.assertIn("1 actor", ended.out)
        self.assertIn(f"process {process.pid}", ended.out)


if __name__ == "__main__":
    unittest.main()
