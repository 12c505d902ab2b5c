# SPDX-License-Identifier: Apache-2.0
"""The phases of System.shutdown(), and what it reports."""

import os
import threading
import unittest

import support
import troupe
from support import TIMEOUT


class Worker:
    def __init__(self, pipe=None):
        self.pipe = pipe
        self.done = 0

    @troupe.handler
    def hold_until(self, descriptor):
        if self.pipe is not None:
            os.write(self.pipe, b".")
        os.read(descriptor, 1)

    @troupe.handler
    def spin(self):
        os.write(self.pipe, b".")
        while True:
            pass

    @troupe.handler
    def work(self):
        self.done += 1
        return self.done

    @troupe.handler
    def shut_down(self, **options):
        return list(troupe.context.system.shutdown(**options))


class Last(Worker):
    def stopping(self, reason):
        os.write(self.pipe, b"." * self.done)


class Phases(unittest.TestCase):
    def setUp(self):
        self.system = troupe.System(workers=2)
        self.notes, self.pipe = self.gate()

    def gate(self):
        ends = os.pipe()
        for end in ends:
            self.addCleanup(os.close, end)
        return ends

    def test_without_drain_what_waits_is_dead_letters(self):
        reading, opening = self.gate()
        worker = self.system.spawn(Worker, self.pipe)
        worker.tell.hold_until(reading)
        os.read(self.notes, 1)
        for _ in range(5):
            worker.tell.work()
        os.write(opening, b".")
        report = self.system.shutdown(TIMEOUT)
        self.assertEqual((report, report.killed, report.drained), ([], [], False))

    def test_drain_handles_what_is_queued_first(self):
        reading, opening = self.gate()
        worker = self.system.spawn(Last, self.pipe)
        worker.tell.hold_until(reading)
        os.read(self.notes, 1)
        for _ in range(5):
            worker.tell.work()
        os.write(opening, b".")
        report = self.system.shutdown(TIMEOUT, drain=TIMEOUT)
        self.assertTrue(report.drained)
        self.assertEqual(os.read(self.notes, 10), b".....")
        self.assertEqual(self.system.dead_letters(), {})
        self.assertEqual(set(report.seconds), {"drain", "stop", "kill"})

    def test_while_it_drains_nothing_comes_in_from_outside(self):
        reading, opening = self.gate()
        worker = self.system.spawn(Last, self.pipe, mailbox=None)
        worker.tell.hold_until(reading)
        os.read(self.notes, 1)
        thread = threading.Thread(
            target=self.system.shutdown, args=(TIMEOUT,), kwargs={"drain": TIMEOUT}
        )
        thread.start()
        while not self.system.dead_letters():  # until it has begun
            worker.tell.work()
        with self.assertRaises(troupe.SystemStopped):
            self.system.spawn(Worker)
        with self.assertRaises(troupe.ActorStopped):
            worker.ask.work().result(TIMEOUT)
        os.write(opening, b".")
        thread.join(TIMEOUT)
        self.assertFalse(thread.is_alive())

    def test_the_drain_has_a_limit(self):
        worker = self.system.spawn(Worker, self.pipe, name="worker")
        worker.tell.spin()
        os.read(self.notes, 1)
        report = self.system.shutdown(0.05, drain=0.05, kill=TIMEOUT)
        self.assertEqual((report, report.killed), ([], ["worker"]))
        self.assertFalse(report.drained)
        self.assertGreaterEqual(report.seconds["drain"], 0.05)
        self.assertGreaterEqual(report.seconds["stop"], 0.04)

    def test_who_cant_be_ended_is_named(self):
        reading, opening = self.gate()
        stuck = self.system.spawn(Worker, self.pipe, name="stuck")
        stuck.tell.hold_until(reading)
        os.read(self.notes, 1)
        self.system.spawn(Worker, name="other")
        report = self.system.shutdown(0.1, kill=0.1)
        self.assertEqual((report, report.killed), (["stuck"], ["stuck"]))
        self.assertEqual(self.system.shutdown(), ["stuck"])
        os.write(opening, b".")
        self.assertTrue(stuck.join(TIMEOUT))

    def test_in_a_handler_it_begins_and_the_first_limits_hold(self):
        for options in ({}, {"drain": 5}):
            system = troupe.System(workers=2)
            worker = system.spawn(Worker)
            self.assertEqual(worker.ask.shut_down(**options).result(TIMEOUT), [])
            self.assertTrue(worker.join(TIMEOUT))
            self.assertEqual(system.shutdown(), [])

    def test_a_wait_for_quiet_ends_with_the_system(self):
        reading, opening = self.gate()
        stuck = self.system.spawn(Worker, self.pipe)
        stuck.tell.hold_until(reading)
        os.read(self.notes, 1)
        other = self.system.spawn(Worker)
        other.tell.shut_down(timeout=TIMEOUT)
        self.assertFalse(self.system.wait_quiet(TIMEOUT))
        os.write(opening, b".")
        self.assertEqual(self.system.shutdown(), [])

    def test_bad_limits_are_refused(self):
        for options in ({"timeout": -1}, {"drain": -1}, {"kill": float("nan")}):
            with self.assertRaises(ValueError):
                self.system.shutdown(**options)
        with self.assertRaises(TypeError):
            self.system.shutdown(drain="x")
        self.assertFalse(self.system.closing)
        self.assertEqual(self.system.shutdown(), [])


def main(system):
    support.run(globals())
