# SPDX-License-Identifier: Apache-2.0
"""spawn(pinned=True) and spawn(dedicated=True)."""

import os
import threading

import support
import troupe
from support import TIMEOUT


class Where:
    @troupe.handler
    def thread(self):
        return threading.get_ident()

    @troupe.handler
    def ask(self, other):
        return other.ask.thread().result(TIMEOUT)

    @troupe.handler
    def spawn(self, **how):
        return troupe.context.spawn(Where, **how)

    @troupe.handler
    def hold_until(self, descriptor):
        os.read(descriptor, 1)


def lanes():
    """The names of the lanes' threads that live."""
    names = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/comm") as file:
                names.append(file.read().strip())
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended
    return sorted(name for name in names if "-lane-" in name)


class Threads(support.SystemTestCase):
    def threads_of(self, actor, busy):
        """The threads of many handlers, between those of a busy system."""
        futures = []
        for _ in range(200):
            futures.append(actor.ask.thread())
            busy.ask.thread().result(TIMEOUT)
        return {future.result(TIMEOUT) for future in futures}

    def test_a_pinned_actor_never_moves(self):
        pinned, other = self.spawn(Where, pinned=True), self.spawn(Where)
        self.assertEqual(len(self.threads_of(pinned, other)), 1)

    def test_pinned_actors_share_as_many_threads_as_there_are_workers(self):
        actors = [self.spawn(Where, pinned=True) for _ in range(6)]
        threads = {actor.ask.thread().result(TIMEOUT) for actor in actors}
        self.assertEqual(len(threads), self.workers)

    def test_a_dedicated_actor_has_a_thread_of_its_own(self):
        dedicated = [self.spawn(Where, dedicated=True) for _ in range(3)]
        others = [self.spawn(Where, pinned=True) for _ in range(3)]
        mine = [self.threads_of(actor, others[0]) for actor in dedicated]
        theirs = {actor.ask.thread().result(TIMEOUT) for actor in others}
        self.assertEqual([len(threads) for threads in mine], [1, 1, 1])
        self.assertEqual(len(set.union(*mine)), 3)
        self.assertFalse(set.union(*mine) & theirs)

    def test_a_dedicated_actors_thread_ends_with_it(self):
        with troupe.System(workers=1) as system:
            before = lanes()
            for _ in range(100):  # more than there can be at a time
                actor = system.spawn(Where, dedicated=True)
                self.assertNotEqual(lanes(), before)
                actor.stop()
                self.assertTrue(system.wait_quiet(TIMEOUT))

    def test_a_dedicated_actor_that_blocks_holds_up_nobody(self):
        read, write = self.gate()
        holders = [self.spawn(Where, dedicated=True) for _ in range(4)]
        held = [holder.ask.hold_until(read) for holder in holders]
        self.assertIsInstance(self.spawn(Where).ask.thread().result(TIMEOUT), int)
        for future in held:
            self.open_gate(write)
        for future in held:
            future.result(TIMEOUT)

    def test_actors_of_one_thread_dont_wait_for_each_other(self):
        one = troupe.System(workers=1)
        self.addCleanup(one.shutdown)
        asker, asked = one.spawn(Where, pinned=True), one.spawn(Where, pinned=True)
        with self.assertRaisesRegex(troupe.DeadlockError, "in the same place"):
            asker.ask.ask(asked).result(TIMEOUT)

    def test_a_pinned_actor_can_spawn_another_on_its_thread(self):
        one = troupe.System(workers=1)
        self.addCleanup(one.shutdown)
        first = one.spawn(Where, pinned=True)
        second = first.ask.spawn(pinned=True).result(TIMEOUT)
        self.assertEqual(
            second.ask.thread().result(TIMEOUT), first.ask.thread().result(TIMEOUT)
        )


class Refusals(support.SystemTestCase):
    def test_actors_of_other_homes_are_refused(self):
        for home in "main", troupe.shared("x"):
            for how in "pinned", "dedicated":
                with self.assertRaisesRegex(troupe.SpawnError, f"{how}=True"):
                    self.spawn(Where, home=home, **{how: True})

    def test_both_at_once_are_refused(self):
        with self.assertRaisesRegex(ValueError, "choose"):
            self.spawn(Where, pinned=True, dedicated=True)

    def test_what_is_no_bool_is_refused(self):
        with self.assertRaisesRegex(TypeError, r"spawn\(pinned=...\) must be a bool"):
            self.spawn(Where, pinned=3)

    def test_a_failed_spawn_gives_its_thread_back(self):
        self.spawn(Where, name="taken")
        for _ in range(100):  # more than there can be at a time
            with self.assertRaisesRegex(troupe.SpawnError, "of this name"):
                self.spawn(Where, name="taken", dedicated=True)


def main(system):
    support.run(globals())
