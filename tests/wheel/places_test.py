# SPDX-License-Identifier: Apache-2.0
"""`import troupe` works wherever a Python runs code."""

import errno
import fcntl
import os
import pty
import struct
import termios
import unittest
from subprocess import PIPE, STDOUT

from installed import DEADLINE, InstalledTest, variables

END = "nothing is written any more"
DOUBLE = "system.spawn('actors:Doubler').ask.double(21).result()"


class Places(InstalledTest):
    def test_a_script(self):
        self.assertEnded(
            self.run_script(
                f"""
                import troupe

                with troupe.System() as system:
                    print({DOUBLE})
                """
            ),
            0,
            "42\n",
        )

    def test_a_script_whose_own_class_is_the_actor(self):
        ended = self.run_script(
            """
            import troupe

            class Tripler:
                @troupe.handler
                def triple(self, n):
                    return 3 * n

            if __name__ == "__main__":
                with troupe.System() as system:
                    print(system.spawn(Tripler).ask.triple(2).result())
            """
        )
        self.assertEnded(ended, 0, "6\n")

    def test_a_module_that_python_runs(self):
        self.write("program.py", f"import troupe\nsystem = troupe.System()\nprint({DOUBLE})\n")
        self.assertEnded(self.run_command("python", "-m", "program"), 0, "42\n")

    def test_python_c(self):
        ended = self.run_code(f"import troupe\nwith troupe.System() as system: print({DOUBLE})")
        self.assertEnded(ended, 0, "42\n")

    def test_isolated_mode(self):
        code = f"import sys, troupe; sys.path.append('.'); system = troupe.System(); print({DOUBLE})"
        self.assertEnded(self.run_command("python", "-I", "-c", code), 0, "42\n")

    def test_a_thread(self):
        ended = self.run_script(
            f"""
            import threading
            import troupe

            def work():
                with troupe.System() as system:
                    print({DOUBLE})

            for _ in range(2):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
            """
        )
        self.assertEnded(ended, 0, "42\n42\n")

    def test_a_running_loop_of_asyncio(self):
        ended = self.run_script(
            """
            import asyncio
            import troupe

            async def main():
                with troupe.System() as system:
                    doubler = system.spawn("actors:Doubler")
                    ticks = asyncio.create_task(asyncio.sleep(0, "ticked"))
                    print(await asyncio.gather(*map(doubler.ask.double, range(3))))
                    print(await ticks)

            asyncio.run(main())
            asyncio.run(main())
            """
        )
        self.assertEnded(ended, 0, "[0, 2, 4]\nticked\n" * 2)

    def test_a_unittest(self):
        self.write(
            "test_it.py",
            f"""
            import unittest
            import troupe

            class It(unittest.TestCase):
                def test_it(self):
                    with troupe.System() as system:
                        self.assertEqual({DOUBLE}, 42)

                def test_it_again(self):
                    self.test_it()
            """,
        )
        ended = self.run_command("python", "-m", "unittest", "-v", "test_it")
        self.assertEqual((ended.code, ended.err.count("... ok")), (0, 2), ended)


class Interactive(InstalledTest):
    # What is typed, and what is to be seen before the next line is.
    DIALOGUE = [
        ("import troupe", ""),
        ("system = troupe.System()", ""),
        (f"print('answer', {DOUBLE})", "answer 42"),
        ("class Here: pass", ""),
        ("", ""),
        ("system.spawn(Here)", "what an interactive session"),
        ("print(system.shutdown(), 'left')", "[] left"),
        (f"print({DOUBLE})", "SystemStopped"),
        ("system = troupe.System()", ""),
        (f"print('again', {DOUBLE})", "again 42"),
        ("raise SystemExit(3)", ""),
    ]

    def test_a_session_that_is_piped_in(self):
        process = self.start("python", "-i", "-q", stdin=PIPE, stderr=STDOUT)
        ended = self.finish(process, "".join(line + "\n" for line, _ in self.DIALOGUE))
        self.assertEqual(ended.code, 3, ended)
        for _, seen in self.DIALOGUE:
            self.assertIn(seen, ended.out)
        self.assertNotIn("Fatal", ended.out)

    def test_a_session_at_a_terminal(self):
        self.assertEqual(self.converse(TERM="xterm"), 3)

    def test_a_session_at_a_plain_terminal(self):
        self.assertEqual(self.converse(TERM="dumb", PYTHON_BASIC_REPL="1"), 3)

    def converse(self, **more: str) -> int:
        """Has the dialogue at a terminal; answers the exit code."""
        terminal, side = pty.openpty()
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), side)
        process = self.start("python", "-q", **ends, env=variables(**more))
        os.close(side)
        self.read_until(terminal, ">>> ")
        for typed, seen in self.DIALOGUE:
            os.write(terminal, typed.encode() + b"\n")
            self.read_until(terminal, seen)
        self.read_until(terminal, END)
        return process.wait(DEADLINE)

    def read_until(self, terminal: int, seen: str) -> None:
        shown = b""
        while seen.encode() not in shown:
            try:
                shown += os.read(terminal, 4096)
            except OSError as error:  # nobody has the other side any more
                self.assertEqual((error.errno, seen), (errno.EIO, END), shown.decode())
                return


if __name__ == "__main__":
    unittest.main()
