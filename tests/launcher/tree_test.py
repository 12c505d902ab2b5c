# SPDX-License-Identifier: Apache-2.0
"""SIGQUIT and `troupe tree PID`: a look at a program, which goes on."""

import os
import signal
import unittest

from launching import LauncherTest

WAITER = """
    import os

    import troupe

    @troupe.handler
    def wait():
        with open("inside", "w"):  # a pipe: the test reads it
            pass
        with open("go_on"):
            pass
"""


class TreeTest(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        for name in ("inside", "go_on"):
            os.mkfifo(self.folder / name)
        self.write("waiter.py", WAITER)
        self.write(
            "app.py",
            """
            def main(system):
                waiter = system.spawn("waiter", name="waiter")
                waiter.ask.wait().result(timeout=60)
                print("done")
            """,
        )

    def begin(self):
        """A program whose actor is in a handler until go_on()."""
        process = self.start("run", "app.py")
        with open(self.folder / "inside"):
            pass
        while '"go_on"' not in self.launch("tree", str(process.pid)).out:
            pass  # it is about to open that
        return process

    def go_on(self) -> None:
        with open(self.folder / "go_on", "w"):
            pass

    def assertTree(self, text: str, pid: int) -> None:
        self.assertTrue(text.startswith(f"troupe: process {pid}: 1 actor, "), text)
        self.assertRegex(text, r"waiter \(id 1, own\): in handler 'wait' for ")
        self.assertIn('waiter.py", line 9, in wait\n', text)
        self.assertIn('with open("go_on"):\n', text)

    def test_sigquit_prints_the_tree_and_the_program_goes_on(self):
        process = self.begin()
        process.send_signal(signal.SIGQUIT)
        shown = ""
        while "\nthread " not in shown:
            shown += process.stderr.readline()
        self.go_on()
        result = self.finish(process)
        self.assertTree(shown, process.pid)
        self.assertEqual((result.code, result.out), (0, "done\n"), result)

    def test_troupe_tree_prints_it_elsewhere(self):
        process = self.begin()
        seen = self.launch("tree", str(process.pid))
        self.go_on()
        result = self.finish(process)
        self.assertEqual((seen.code, seen.err), (0, ""))
        self.assertTree(seen.out, process.pid)
        self.assertEqual((result.code, result.out, result.err), (0, "done\n", ""))

    def test_it_can_be_looked_at_as_often_as_one_likes(self):
        process = self.begin()
        for _ in range(5):
            self.assertTree(self.launch("tree", str(process.pid)).out, process.pid)
        self.go_on()
        self.assertEqual(self.finish(process).code, 0)

    def test_a_process_that_is_none_of_ours_gives_no_answer(self):
        result = self.launch("tree", str(os.getpid()))
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertEqual(
            result.err,
            f"troupe: process {os.getpid()} is not one that `troupe run` runs\n",
        )

    def test_a_process_that_is_gone_gives_no_answer(self):
        process = self.begin()
        self.go_on()
        self.finish(process)
        result = self.launch("tree", str(process.pid))
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertEqual(result.err, f"troupe: process {process.pid} is not there\n")


if __name__ == "__main__":
    unittest.main()
