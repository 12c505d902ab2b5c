# SPDX-License-Identifier: Apache-2.0
"""fork() in a process with a system, and multiprocessing beside one."""

import textwrap
import unittest

from installed import InstalledTest

# in_child(f): the exit code of a forked child that calls f and then exits.
FORKING = """
    import os, sys, warnings
    import troupe

    warnings.simplefilter("ignore", DeprecationWarning)  # of fork()

    def in_child(function):
        child = os.fork()
        if child == 0:
            function()
            sys.exit(5)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def refused(function, *args):
        try:
            function(*args)
        except RuntimeError as error:
            assert "was forked" in str(error), error
        else:
            print(function, "isn't refused", flush=True)
"""

SYSTEM = """
    begins, begun = os.pipe()
    system = troupe.System(workers=2)
    doubler = system.spawn("actors:Doubler")
    done = doubler.ask.double(1)
    assert done.result() == 2
    pending = system.spawn("actors:Stuck").ask.sleep(begun)
    os.read(begins, 1)
"""

SPAWNING = """
    import multiprocessing
    import troupe

    def double(answers):
        with troupe.System(workers=1) as system:
            answers.put(system.spawn("actors:Doubler").ask.double(21).result())

    if __name__ == "__main__":
        with troupe.System(workers=1) as system:
            doubler = system.spawn("actors:Doubler")
            context = multiprocessing.get_context("METHOD")
            answers = context.Queue()
            children = [context.Process(target=double, args=(answers,)) for _ in range(2)]
            for each in children:
                each.start()
            print([answers.get() for _ in children], doubler.ask.double(1).result())
            for each in children:
                each.join()
            print([each.exitcode for each in children])
"""

HASTY = "system.shutdown(timeout=0.05, kill=0.05)\n"


class Fork(InstalledTest):
    def fork(self, code: str):
        parts = map(textwrap.dedent, (FORKING, SYSTEM, code, HASTY))
        return self.run_script("".join(parts))

    def test_whatever_needs_the_system_is_refused_in_the_child(self):
        ended = self.fork(
            """
            def child():
                refused(troupe.System)
                refused(lambda: system.spawn("actors:Doubler"))
                refused(lambda: system.shutdown())
                refused(lambda: system.stats())
                refused(doubler.tell.double, 1)
                refused(doubler.ask.double, 1)
                refused(doubler.stop)
                refused(doubler.kill)
                refused(doubler.join)
                refused(pending.result)
                refused(pending.add_done_callback, print)
                refused(troupe.wait, [pending])

            print(in_child(child))
            """
        )
        self.assertEnded(ended, 0, "5\n")

    def test_what_is_known_already_can_be_read_in_the_child(self):
        ended = self.fork(
            """
            print(in_child(lambda: print(done.result(), doubler.id == done_by, flush=True)))
            """.replace("done_by", "doubler.id")
        )
        self.assertEnded(ended, 0, "2 True\n5\n")

    def test_the_parent_goes_on(self):
        ended = self.fork(
            """
            print(in_child(int))
            print(doubler.ask.double(21).result())
            """
        )
        self.assertEnded(ended, 0, "5\n42\n")

    def test_the_child_may_drop_everything(self):
        ended = self.fork(
            """
            import gc

            def child():
                global system, doubler, done, pending
                del system, doubler, done, pending
                gc.collect()

            print(in_child(child))
            """
        )
        self.assertEnded(ended, 0, "5\n")

    def test_a_child_of_the_child(self):
        ended = self.fork(
            """
            def child():
                print(in_child(lambda: refused(troupe.System)), flush=True)

            print(in_child(child))
            """
        )
        self.assertEnded(ended, 0, "5\n5\n")

    def test_a_child_from_before_the_first_system_has_its_own(self):
        code = """
            def child():
                with troupe.System(workers=1) as system:
                    print(system.spawn("actors:Doubler").ask.double(21).result(), flush=True)

            print(in_child(child))
            """
        ended = self.run_script(textwrap.dedent(FORKING) + textwrap.dedent(code))
        self.assertEnded(ended, 0, "42\n5\n")


class Multiprocessing(InstalledTest):
    def test_spawned_children_have_systems_of_their_own(self):
        ended = self.run_script(textwrap.dedent(SPAWNING).replace("METHOD", "spawn"))
        self.assertEnded(ended, 0, "[42, 42] 2\n[0, 0]\n")

    def test_children_of_a_forkserver_too(self):
        ended = self.run_script(textwrap.dedent(SPAWNING).replace("METHOD", "forkserver"))
        self.assertEnded(ended, 0, "[42, 42] 2\n[0, 0]\n")

    def test_a_subprocess_with_a_function_to_run_first(self):
        ended = self.run_script(
            textwrap.dedent(FORKING)
            + textwrap.dedent(SYSTEM)
            + "import subprocess\n"
            + "done = subprocess.run(['echo', 'run'], preexec_fn=int)\n"
            + "print(done.returncode)\n"
            + HASTY
        )
        self.assertEnded(ended, 0, "run\n0\n")


if __name__ == "__main__":
    unittest.main()
