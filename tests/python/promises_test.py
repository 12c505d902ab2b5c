# SPDX-License-Identifier: Apache-2.0
"""Promises of docs/semantics.md that no other test is about."""

import os
import sys
import threading

import support
import troupe
from support import TIMEOUT


class Busy:
    """Notices when it is called while it is at work."""

    def __init__(self):
        self.handled, self.inside, self.overlapped = 0, False, False

    @troupe.handler
    def work(self):
        self.overlapped |= self.inside
        self.inside = True
        self.handled += 1
        self.inside = False

    @troupe.handler
    def seen(self):
        return self.handled, self.overlapped


class Writer:
    @troupe.handler
    def write(self, descriptor, size):
        os.write(descriptor, bytes(size))


class Unwilling:
    def receive(self, message):
        pass

    def stopping(self, reason):
        raise RuntimeError("won't go")


class Handling(support.SystemTestCase):
    workers = 4

    def test_handlers_of_one_actor_never_overlap(self):
        busy = self.spawn(Busy)

        def send():
            for _ in range(5000):
                busy.tell.work()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(busy.ask.seen().result(TIMEOUT), (20_000, False))


class Ending(support.SystemTestCase):
    def test_kill_waits_for_a_call_that_blocks_in_c(self):
        writer, (read, write) = self.spawn(Writer), self.gate()
        left = 1 << 20  # more than a pipe holds
        answer = writer.ask.write(write, left)
        left -= len(os.read(read, 1))  # so the handler is in os.write() now
        writer.kill()
        self.assertFalse(writer.join(timeout=0.05))
        while left:
            left -= len(os.read(read, left))
        self.assertTrue(writer.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            answer.result(TIMEOUT)

    def test_an_exception_in_stopping_is_shown_and_the_actor_ends(self):
        with self.captured_stderr() as captured:
            unwilling = self.spawn(Unwilling, name="unwilling", home="main")
            unwilling.stop()
            self.assertTrue(unwilling.join(TIMEOUT))
        self.assertIn("'unwilling'", captured.text())
        self.assertIn("won't go", captured.text())

    def test_a_ref_outlives_its_actor(self):
        echo = self.spawn("actors.echo", name="echo")
        identity = echo.id
        echo.stop()
        self.assertTrue(echo.join(TIMEOUT))
        self.assertEqual((echo.name, echo.id, echo.alive), ("echo", identity, False))
        self.assertEqual(repr(echo), "<troupe.Ref 'echo' (ended)>")
        self.assertIsNone(echo.tell("late"))
        self.assertNotEqual(self.spawn("actors.echo", name="echo").id, identity)

    def captured_stderr(self):
        return Captured()


class Captured:
    """What the process writes to its stderr meanwhile."""

    def __enter__(self):
        sys.stderr.flush()
        self._kept = os.dup(2)
        self._read, write = os.pipe()
        os.dup2(write, 2)
        os.close(write)
        return self

    def __exit__(self, *_):
        sys.stderr.flush()
        os.dup2(self._kept, 2)
        os.close(self._kept)
        with os.fdopen(self._read) as pipe:
            self._text = pipe.read()

    def text(self):
        return self._text


def main(system):
    support.run(globals())
