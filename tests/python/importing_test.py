# SPDX-License-Identifier: Apache-2.0
"""Kills and time limits of handlers that import: what is imported for all of an
interpreter stays in order."""

import os
import random
import select

import support
import troupe
from support import TIMEOUT

from actors.importing import NAMES, Importer

HOMES = ("own", "shared:home", "main")


class Importing(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.notes, self.pipe = self.gate()

    def wait_for_note(self):
        readable, _, _ = select.select([self.notes], [], [], TIMEOUT)
        self.assertTrue(readable)
        os.read(self.notes, 1)

    def test_a_kill_waits_until_importlib_is_done(self):
        for home in HOMES:
            with self.subTest(home):
                waits, go = self.gate()
                worker = self.spawn(Importer, home=home)
                worker.tell.slowly(self.pipe, waits)
                self.wait_for_note()
                worker.kill()
                self.open_gate(go)
                self.wait_for_note()
                self.assertTrue(worker.join(TIMEOUT))
                self.assertEqual(worker.reason, "killed")

    def test_so_does_a_time_limit(self):
        for home in HOMES:
            with self.subTest(home):
                waits, go = self.gate()
                worker = self.spawn(Importer, home=home, time_limit=0.02)
                asked = worker.ask.slowly(self.pipe, waits)
                self.wait_for_note()
                self.open_gate(go)
                self.wait_for_note()
                with self.assertRaises(troupe.HandlerTimeout):
                    asked.result(TIMEOUT)
                self.assertEqual(worker.ask.once().result(TIMEOUT), len(NAMES))

    def test_neither_waits_for_the_code_of_a_module(self):
        for home in HOMES:
            with self.subTest(home):
                worker = self.spawn(Importer, home=home)
                worker.tell.what_never_ends(self.pipe)
                self.wait_for_note()
                worker.kill()
                self.assertTrue(worker.join(TIMEOUT))
        worker = self.spawn(Importer, time_limit=0.05)
        with self.assertRaises(troupe.HandlerTimeout):
            worker.ask.what_never_ends(self.pipe).result(TIMEOUT)

    def test_kills_at_any_time_leave_no_import_locked(self):
        neighbour = self.spawn(Importer, home="shared:home")
        for _ in range(200):
            worker = self.spawn(Importer, home="shared:home")
            worker.tell.again_and_again(self.pipe)
            self.wait_for_note()
            for _ in range(random.randrange(20_000)):
                pass
            worker.kill()
            self.assertTrue(worker.join(TIMEOUT))
            self.assertEqual(neighbour.ask.once().result(TIMEOUT), len(NAMES))


def main(system):
    support.run(globals())
