# SPDX-License-Identifier: Apache-2.0
"""Queues, locks and executors in a TestSystem."""

import queue
import unittest

import support
import troupe
from troupe.testing import TestSystem

ACTOR = "actors.queueing"


class InHandlers(unittest.TestCase):
    def test_who_waits_on_a_queue_lets_others_go_on(self):
        for seed in range(5):
            with TestSystem(seed) as system:
                taker, giver = system.spawn(ACTOR), system.spawn(ACTOR)
                items = troupe.Queue()
                taken = taker.ask.take(items)
                giver.tell.put(items, "tea")
                self.assertEqual(taken.result(), "tea")
                taken = taker.ask.take_async(items)
                giver.tell.put(items, "cake")
                self.assertEqual(taken.result(), "cake")

    def test_a_lock_is_taken_in_an_order_that_the_seed_gives(self):
        def order(seed):
            with TestSystem(seed) as system:
                lock, items = troupe.Lock(), troupe.Queue()
                items.put([])
                actors = [system.spawn(ACTOR) for _ in range(4)]
                for n, actor in enumerate(actors):
                    actor.tell.append(lock, items, n)
                system.run()
                return items.get()

        orders = [order(seed) for seed in range(10)]
        self.assertEqual(orders, [order(seed) for seed in range(10)])
        self.assertEqual({tuple(sorted(each)) for each in orders}, {(0, 1, 2, 3)})
        self.assertGreater(len({tuple(each) for each in orders}), 1)

    def test_barriers_and_events(self):
        with TestSystem() as system:
            actors = [system.spawn(ACTOR) for _ in range(3)]
            barrier, event = troupe.Barrier(3), troupe.Event()
            passed = [actor.ask.pass_barrier(barrier) for actor in actors]
            self.assertEqual({each.result() for each in passed}, {0, 1, 2})
            waited = actors[0].ask.wait_for(event)
            system.run()
            self.assertFalse(waited.done())
            event.set()
            self.assertTrue(waited.result())

    def test_a_timeout_is_in_the_systems_time(self):
        with TestSystem() as system:
            taken = system.spawn(ACTOR).ask.take(troupe.Queue(), 30)
            with self.assertRaises(queue.Empty):
                taken.result()
            self.assertEqual(system.now, 30)


class InTheTest(unittest.TestCase):
    def test_a_wait_on_a_queue_makes_the_system_run(self):
        with TestSystem() as system:
            actor, items = system.spawn(ACTOR), troupe.Queue()
            actor.tell.put(items, 1, 2)
            self.assertEqual([items.get(), items.get(timeout=5)], [1, 2])
            self.assertEqual(system.now, 0)

    def test_a_timeout_is_in_the_systems_time(self):
        with TestSystem() as system:
            with self.assertRaises(queue.Empty):
                troupe.Queue().get(timeout=3600)
            self.assertEqual(system.now, 3600)

    def test_a_wait_that_nothing_can_end_is_an_error(self):
        with TestSystem() as system:
            system.spawn(ACTOR)
            for wait in (troupe.Queue().get, troupe.Event().wait, troupe.Semaphore(0).acquire):
                with self.assertRaisesRegex(troupe.DeadlockError, "nothing is left to run"):
                    wait()

    def test_a_coroutine_of_the_test_waits_too(self):
        with TestSystem() as system:
            actor, items = system.spawn(ACTOR), troupe.Queue()

            async def test():
                actor.tell.put(items, "tea")
                return await items.get_async()

            self.assertEqual(system.run_async(test()), "tea")

    def test_after_the_end_of_the_system_threads_wait_as_ever(self):
        with TestSystem():
            pass
        with self.assertRaises(queue.Empty):
            troupe.Queue().get(timeout=0.001)


class Executors(unittest.TestCase):
    def test_they_are_refused_wherever_they_are_made(self):
        with TestSystem() as system:
            for make in (troupe.ActorPoolExecutor, troupe.Pool):
                with self.assertRaisesRegex(TypeError, "can't be actors of a TestSystem"):
                    make(1, system=system)
            computed = system.spawn(ACTOR).ask.compute()
            with self.assertRaisesRegex(TypeError, "can't be actors of a TestSystem"):
                computed.result()


def main(system):
    support.run(globals())
