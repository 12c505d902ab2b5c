# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: once in order, twice at once."""

import signal
import unittest

from tests.launcher.launching import LauncherTest, interrupt

ACTOR = """
    import troupe

    def stopping(reason):
        print("stopping:", reason)

    @troupe.handler
    def spin():
        print("spinning")
        while True:
            pass

    @troupe.handler
    def wait():
        return None
"""

# Ways to be busy in main, once "ready" is shown.
WAITS = {
    "in time.sleep": "time.sleep(600)",
    "in bytecode": "while True: pass",
    "in a future": "busy = system.spawn('actor', name='busy').ask.never().result()",
    "in a lock": "threading.Event().wait()",
    "in join": "actor.join()",
}


class SignalsTest(LauncherTest):
    def begin(self, work: str):
        self.write(
            "app.py",
            f"""
            import threading, time

            def main(system):
                actor = system.spawn("actor")
                actor.ask.wait().result()
                print("ready")
                {work}
            """,
        )
        self.write("actor.py", ACTOR)
        process = self.start("run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def test_ctrl_c_stops_in_order_wherever_main_is(self):
        for where, work in WAITS.items():
            if where == "in a future":
                continue
            with self.subTest(where):
                process = self.begin(work)
                interrupt(process)
                result = self.finish(process)
                self.assertEqual(
                    (result.code, result.out), (130, "stopping: shutdown\n"), result
                )
                self.assertEqual(
                    result.err,
                    "troupe: interrupted; stopping the actors "
                    "(Ctrl-C again: at once)\n",
                )


if __name__ == "__main__":
    unittest.main()
