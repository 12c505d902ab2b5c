# SPDX-License-Identifier: Apache-2.0
"""--drain and --timeout: how long the end of a program may take."""

import unittest

from launching import LauncherTest

WORKER = """
    import os

    import troupe

    @troupe.handler
    def work(n):
        print(n)

    @troupe.handler
    def spin(ready):
        os.write(ready, b".")
        while True:
            pass
"""

APP = """
    import os
    import sys

    def main(system, args):
        worker = system.spawn("worker", name="worker")
        if args == ["spin"]:
            waiting, ready = os.pipe()
            worker.tell.spin(ready)
            os.read(waiting, 1)
        else:
            for n in range(2000):
                worker.tell.work(n)
        sys.exit(3)  # without waiting for it
"""


class ShutdownOptions(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.write("worker.py", WORKER)
        self.write("app.py", APP)

    def test_drain_gives_time_to_what_is_queued(self):
        result = self.launch("run", "--drain", "60", "app.py")
        self.assertEqual(result.code, 3, result)
        self.assertEqual(result.out.split(), [str(n) for n in range(2000)])

    def test_timeout_says_when_they_are_killed(self):
        result = self.launch("run", "--timeout=0.1", "app.py", "spin")
        self.assertEqual(result.code, 3, result)
        self.assertIn("these actors didn't stop in time, and were killed: worker",
                      result.err)

    def test_they_take_seconds(self):
        for option in ("--drain", "--timeout"):
            for text in ("soon", "-1", "1e3", "1.2.3", "nan"):
                result = self.launch("run", f"{option}={text}", "app.py")
                self.assertEqual(result.code, 2, result)
                self.assertIn(f"{option} '{text}' must be seconds, such as 2.5",
                              result.err)


if __name__ == "__main__":
    unittest.main()
