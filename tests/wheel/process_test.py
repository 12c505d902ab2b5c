# SPDX-License-Identifier: Apache-2.0
"""home="process" in an ordinary Python: its children are that Python again.

Children have their parent's stdout, so its end is seen when the last of them
has ended: no test here passes with an orphan left.
"""

import os
import signal
import unittest
from subprocess import PIPE

from installed import InstalledTest

DOUBLE = "system.spawn('actors:Doubler', home='process').ask.double(21).result()"
PROGRAM = f"import troupe\nwith troupe.System() as system: print({DOUBLE})\n"

FAR = """
    import os

    import troupe

    class Far:
        @troupe.handler
        def pid(self):
            return os.getpid()

        @troupe.handler
        def crash(self):
            os.abort()
"""


class Processes(InstalledTest):
    def setUp(self):
        super().setUp()
        self.write("far.py", FAR)

    def test_a_script(self):
        self.assertEnded(self.run_script(PROGRAM), 0, "42\n")

    def test_python_c(self):
        self.assertEnded(self.run_code(PROGRAM), 0, "42\n")

    def test_a_module_that_python_runs(self):
        self.write("program.py", PROGRAM)
        self.assertEnded(self.run_command("python", "-m", "program"), 0, "42\n")

    def test_isolated_mode(self):
        code = f"import sys; sys.path.append('.')\n{PROGRAM}"
        self.assertEnded(self.run_command("python", "-I", "-c", code), 0, "42\n")

    def test_a_session(self):
        session = self.start("python", "-i", "-q", stdin=PIPE)
        ended = self.finish(session, f"import troupe\nsystem = troupe.System()\n{DOUBLE}\n")
        self.assertEqual((ended.code, ended.out), (0, "42\n"), ended)

    def test_a_child_of_multiprocessing(self):
        ended = self.run_script(
            """
            import multiprocessing
            import troupe

            def work():
                with troupe.System() as system:
                    print(system.spawn("actors:Doubler", home="process").ask.double(21).result())

            if __name__ == "__main__":
                child = multiprocessing.get_context("spawn").Process(target=work)
                child.start()
                child.join()
            """
        )
        self.assertEnded(ended, 0, "42\n")

    def test_a_crash_ends_that_actor_alone(self):
        ended = self.run_script(
            """
            import os
            import troupe

            with troupe.System() as system:
                first, second = (system.spawn("far:Far", home="process") for _ in range(2))
                try:
                    first.ask.crash().result()
                except troupe.ActorStopped as error:
                    print("SIGABRT" in str(error))
                print(second.ask.pid().result() != os.getpid())
            """
        )
        self.assertEnded(ended, 0, "True\nTrue\n")

    def test_an_executor(self):
        ended = self.run_script(
            """
            import os
            import troupe

            def square(n):
                return n * n

            if __name__ == "__main__":
                with troupe.ActorPoolExecutor(2, home="process") as pool:
                    print(list(pool.map(square, range(4))))
                    print(pool.submit(lambda n: n + 1, 1).result())
                    print(pool.submit(os.getpid).result() != os.getpid())
            """
        )
        self.assertEnded(ended, 0, "[0, 1, 4, 9]\n2\nTrue\n")

    def test_a_program_ends_that_has_not_ended_its_system(self):
        program = f"import troupe\nsystem = troupe.System()\nprint({DOUBLE})\n"
        self.assertEnded(self.run_script(program), 0, "42\n")
        program += "raise SystemExit(3)\n"
        self.assertEnded(self.run_script(program), 3, "42\n")


class Signals(InstalledTest):
    def started(self):
        self.write(
            "script.py",
            f"""
            import time
            import troupe

            system = troupe.System()
            print({DOUBLE}, flush=True)
            time.sleep(10_000)
            """,
        )
        process = self.start("python", "script.py", start_new_session=True)
        self.assertEqual(process.stdout.readline(), "42\n")
        return process

    def test_a_killed_program_leaves_no_orphan(self):
        process = self.started()
        process.kill()
        self.assertEnded(self.finish(process), -signal.SIGKILL, "")

    def test_ctrl_c_is_for_the_program(self):
        process = self.started()
        os.killpg(process.pid, signal.SIGINT)
        ended = self.finish(process)
        self.assertEqual(ended.code, -signal.SIGINT, ended)
        self.assertEqual(ended.err.count("KeyboardInterrupt"), 1, ended)


if __name__ == "__main__":
    unittest.main()
