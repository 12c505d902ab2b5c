# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: once in order, twice at once."""

import signal
import unittest

from launching import LauncherTest, Result, interrupt

ACTOR = """
    import troupe

    def stopping(reason):
        print("stopping:", reason)

    @troupe.handler
    def nothing():
        return None
"""

SPINNER = """
    import troupe

    @troupe.handler
    def spin():
        print("ready")
        while True:
            pass
"""

# What main may be doing; "ready" is shown when it begins.
WORK = {
    "sleeps": "ready(); time.sleep(600)",
    "computes": """
    ready()
    while True:
        pass
""",
    "waits for a lock": "ready(); threading.Event().wait()",
    "waits for an actor's end": "ready(); actor.join()",
    "waits for a child": """
    with subprocess.Popen(["sleep", "600"], **silent) as child:
        try:
            ready()
            child.wait()
        finally:
            child.kill()
""",
    "runs an asyncio loop": "asyncio.run(nap())",
}

NOTICE = "troupe: interrupted; stopping the actors (Ctrl-C again: at once)\n"


class SignalsTest(LauncherTest):
    def begin(self, work: str):
        self.write("actor.py", ACTOR)
        self.write("spinner.py", SPINNER)
        self.write(
            "app.py",
            f"""
import asyncio, signal, subprocess, threading, time

# A child that is left behind must not keep our pipes open.
silent = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

def ready():
    print("ready")

async def nap():
    ready()
    await asyncio.sleep(600)

def main(system):
    actor = system.spawn("actor")
    {work}
""",
        )
        process = self.start("run", "app.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def assertStopped(self, result: Result) -> None:
        self.assertEqual(
            (result.code, result.out, result.err),
            (130, "stopping: shutdown\n", NOTICE),
            result,
        )

    def test_ctrl_c_stops_in_order_whatever_main_does(self):
        for what, work in WORK.items():
            with self.subTest(what):
                process = self.begin(work)
                interrupt(process)
                self.assertStopped(self.finish(process))

    def test_sigterm_does_the_same(self):
        process = self.begin(WORK["sleeps"])
        process.terminate()
        self.assertStopped(self.finish(process))

    def test_ctrl_c_stops_a_system_that_works_on_after_main(self):
        self.write(
            "endless.py",
            """
            import troupe

            @troupe.handler
            def work():
                troupe.context.self.tell.work()

            def stopping(reason):
                print("stopping:", reason)
            """,
        )
        self.write(
            "app.py",
            """
            def main(system):
                system.spawn("endless").tell.work()
                print("ready")
            """,
        )
        process = self.start("run", "app.py")
        process.stdout.readline()
        interrupt(process)
        self.assertStopped(self.finish(process))

    def test_a_second_ctrl_c_ends_it_at_once(self):
        # main has returned; the actor would spin for ever.
        process = self.begin('system.spawn("spinner").tell.spin()')
        interrupt(process)
        self.assertEqual(process.stderr.readline(), NOTICE)
        interrupt(process)
        result = self.finish(process)
        self.assertEqual((result.code, result.out), (130, ""), result)

    def test_a_second_ctrl_c_counts_after_a_loop_that_had_its_own_handler(self):
        process = self.begin(
            """
    system.spawn("spinner").tell.spin()
    asyncio.run(nap())
"""
        )
        self.assertEqual(process.stdout.readline(), "ready\n")
        interrupt(process)
        self.assertEqual(process.stderr.readline(), NOTICE)
        interrupt(process)
        result = self.finish(process)
        self.assertEqual((result.code, result.out), (130, ""), result)

    def test_main_may_handle_keyboard_interrupt(self):
        process = self.begin(
            """
    try:
        ready()
        time.sleep(600)
    except KeyboardInterrupt:
        print("handled")
"""
        )
        interrupt(process)
        result = self.finish(process)
        self.assertEqual(
            (result.code, result.out), (0, "handled\nstopping: shutdown\n"), result
        )

    def test_main_may_have_a_handler_of_its_own(self):
        process = self.begin(
            """
    arrived = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: arrived.set())
    ready()
    arrived.wait()
    print("done")
"""
        )
        process.terminate()
        result = self.finish(process)
        self.assertEqual(
            (result.code, result.out), (0, "done\nstopping: shutdown\n"), result
        )

    def test_what_was_ignored_at_the_start_stays_ignored(self):
        # As for `troupe run app.py &` in a script.
        self.write(
            "app.py",
            """
            import os, signal

            def main(system):
                os.kill(os.getpid(), signal.SIGINT)
                print("done")
            """,
        )
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        result = self.launch("run", "app.py")
        self.assertEqual((result.code, result.out), (0, "done\n"), result)


if __name__ == "__main__":
    unittest.main()
