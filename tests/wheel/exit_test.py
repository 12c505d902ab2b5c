# SPDX-License-Identifier: Apache-2.0
"""A process that has imported troupe ends as it would without, whatever runs."""

import signal
import subprocess
import textwrap
import unittest

from installed import DEADLINE, Ended, InstalledTest

# A system with an actor that is stuck in a handler.
STUCK = """
    import atexit, os, signal, sys, threading, time
    import troupe

    begins, begun = os.pipe()
    system = troupe.System(workers=2)
    stuck = system.spawn("actors:Stuck", name="stuck")

    def get_stuck(handler, *more):
        getattr(stuck.tell, handler)(begun, *more)
        os.read(begins, 1)
"""

# It has had its time to end before the process does: otherwise each of these
# tests would take the 12 seconds that an actor is given.
HASTY = "system.shutdown(timeout=0.05, kill=0.05)\n"


def program(code: str, before: str = STUCK) -> str:
    return textwrap.dedent(before) + textwrap.dedent(code)


class CleanExit(InstalledTest):
    def run_stuck(self, code: str) -> Ended:
        return self.run_script(program(code))

    def test_a_system_that_is_never_shut_down(self):
        ended = self.run_stuck("print(system.spawn('actors:Doubler').ask.double(2).result())")
        self.assertEnded(ended, 0, "4\n")

    def test_the_exit_code_is_that_of_the_program(self):
        for code, how in ((0, ""), (3, "sys.exit(3)"), (1, "1 / 0")):
            with self.subTest(how):
                ended = self.run_stuck(f"get_stuck('sleep')\n{HASTY}{how}")
                self.assertEqual(ended.code, code, ended)
                self.assertNotIn("Fatal", ended.err)

    def test_an_actor_whose_handler_waits_in_a_system_call(self):
        self.assertEnded(self.run_stuck(f"get_stuck('sleep')\n{HASTY}sys.exit(3)"), 3, "")

    def test_an_actor_whose_handler_waits_for_a_lock(self):
        ended = self.run_stuck(f"get_stuck('wait_for_a_lock')\n{HASTY}sys.exit(3)")
        self.assertEnded(ended, 3, "")

    def test_an_actor_that_swallows_every_exception(self):
        ended = self.run_stuck(f"get_stuck('refuse_to_end')\n{HASTY}sys.exit(3)")
        self.assertEnded(ended, 3, "")

    def test_an_actor_that_keeps_its_gil_in_c(self):
        ended = self.run_stuck(f"get_stuck('stay_in_c')\n{HASTY}sys.exit(3)")
        self.assertEnded(ended, 3, "")

    def test_an_actor_that_has_a_daemon_thread(self):
        self.assertEnded(self.run_stuck("get_stuck('start_thread')\nsys.exit(3)"), 3, "")

    def test_an_actor_that_computes_is_killed(self):
        ended = self.run_stuck("get_stuck('spin')\nsystem.shutdown(timeout=0.05)\nsys.exit(3)")
        self.assertEnded(ended, 3, "")

    def test_a_request_that_is_never_answered(self):
        ended = self.run_stuck(
            f"""
            other = system.spawn("actors:Stuck")
            get_stuck("ask", other)
            future = other.ask.sleep(begun)
            {HASTY}
            sys.exit(3)
            """
        )
        self.assertEnded(ended, 3, "")

    def test_a_daemon_thread_that_waits_for_an_answer(self):
        ended = self.run_stuck(
            f"""
            def wait():
                stuck.ask.sleep(begun).result()

            threading.Thread(target=wait, daemon=True).start()
            os.read(begins, 1)
            {HASTY}
            sys.exit(3)
            """
        )
        self.assertEnded(ended, 3, "")

    def test_a_thread_whose_request_ends_with_its_actor(self):
        ended = self.run_stuck(
            """
            def wait():
                try:
                    stuck.ask.spin(begun).result()
                except troupe.TroupeError as error:
                    print(type(error).__name__)

            threading.Thread(target=wait).start()
            os.read(begins, 1)
            system.shutdown(timeout=0.05)
            sys.exit(3)
            """
        )
        self.assertEnded(ended, 3, "ActorStopped\n")

    def test_who_is_left_behind_at_the_end_is_told(self):
        # The only one that takes the full time which actors have at the end.
        ended = self.run_stuck("get_stuck('sleep')\nsys.exit(3)")
        said = "troupe: these actors don't stop, and are left behind: stuck\n"
        self.assertEnded(ended, 3, "", said)

    def test_timers_that_are_pending(self):
        self.write(
            "ticking.py",
            """
            import troupe

            def started():
                troupe.context.after(0.001, again)
                troupe.context.after(10_000, again)

            def again():
                troupe.context.after(0.001, again)
            """,
        )
        ended = self.run_script("import troupe\ntroupe.System().spawn('ticking')\n")
        self.assertEnded(ended, 0, "")

    def test_messages_that_nobody_has_handled_yet(self):
        ended = self.run_stuck(
            """
            doubler = system.spawn("actors:Doubler")
            for n in range(100_000):
                doubler.tell.double(n)
            """
        )
        self.assertEqual((ended.code, ended.out), (0, ""), ended)

    def test_sys_exit_in_a_thread_ends_only_that_thread(self):
        ended = self.run_stuck(
            """
            thread = threading.Thread(target=sys.exit, args=(3,))
            thread.start()
            thread.join()
            print(system.spawn("actors:Doubler").ask.double(2).result())
            """
        )
        self.assertEnded(ended, 0, "4\n")

    def test_atexit_functions_of_the_program_run_as_ever(self):
        before = "import atexit\natexit.register(print, 'bye')\n"
        ended = self.run_script(before + program(f"get_stuck('sleep')\n{HASTY}"))
        self.assertEnded(ended, 0, "bye\n")

    def test_no_system_is_made_when_the_process_ends(self):
        ended = self.run_script(
            """
            import atexit

            import troupe

            def late():
                try:
                    troupe.System()
                except RuntimeError as error:
                    print(error)

            atexit.register(late)
            troupe.System()
            """
        )
        self.assertEnded(ended, 0, "System(): this process is about to end\n")


class Signals(InstalledTest):
    def started(self, before: str = "") -> subprocess.Popen:
        self.write(
            "script.py",
            program(before + "\nprint('ready', flush=True)\ntime.sleep(10_000)\n"),
        )
        process = self.start("python", "script.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def test_sigterm_ends_the_process_as_ever(self):
        process = self.started("get_stuck('spin')")
        process.terminate()
        self.assertEqual(process.wait(DEADLINE), -signal.SIGTERM)

    def test_sigterm_with_a_handler_of_the_program(self):
        process = self.started("signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))")
        process.terminate()
        self.assertEnded(self.finish(process), 4, "")

    def test_ctrl_c_is_a_keyboard_interrupt(self):
        process = self.started()
        process.send_signal(signal.SIGINT)
        ended = self.finish(process)
        self.assertEqual(ended.code, -signal.SIGINT, ended)
        self.assertTrue(ended.err.endswith("KeyboardInterrupt\n"), ended)

    def test_ctrl_c_while_an_answer_is_waited_for(self):
        self.write(
            "script.py",
            program(
                f"""
                try:
                    future = stuck.ask.sleep(begun)
                    os.read(begins, 1)
                    print("ready", flush=True)
                    future.result()
                except KeyboardInterrupt:
                    {HASTY.strip()}
                    print("interrupted")
                """
            ),
        )
        process = self.start("python", "script.py")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGINT)
        self.assertEnded(self.finish(process), 0, "interrupted\n")


if __name__ == "__main__":
    unittest.main()
