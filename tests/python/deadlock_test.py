# SPDX-License-Identifier: Apache-2.0
"""Handlers that would wait for each other for ever are told."""

import support
import troupe
from support import TIMEOUT


class Deadlocks(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.system.ask_timeout = TIMEOUT

    def actors(self, names, **kwargs):
        return [self.spawn("actors.asker", name=name, **kwargs) for name in names]

    def cycle_of(self, future):
        """The names, from the smallest on: which of them was told may vary."""
        with self.assertRaises(troupe.DeadlockError) as caught:
            future.result()
        names = [ref.name for ref in caught.exception.cycle]
        self.words = str(caught.exception)
        self.assertIn(f"'{names[0]}' waits for ", self.words)
        least = names.index(min(names))
        return names[least:] + names[:least]

    def test_one_that_waits_for_itself(self):
        (a,) = self.actors("a")
        self.assertEqual(self.cycle_of(a.ask.ask_along([a])), ["a"])
        self.assertIn("'a' waits for itself;", self.words)

    def test_two_that_wait_for_each_other(self):
        a, b = self.actors("ab")
        self.assertEqual(self.cycle_of(a.ask.ask_along([b, a])), ["a", "b"])
        self.assertRegex(self.words, "'(.)' waits for '(.)', which waits for '\\1';")

    def test_a_ring_of_five(self):
        ring = self.actors("abcde")
        self.assertEqual(self.cycle_of(ring[0].ask.ask_along([*ring[1:], ring[0]])), list("abcde"))

    def test_it_is_an_error_of_troupe_and_a_runtime_error(self):
        self.assertTrue(issubclass(troupe.DeadlockError, troupe.TroupeError))
        self.assertTrue(issubclass(troupe.DeadlockError, RuntimeError))

    def test_all_of_them_live_on(self):
        ring = self.actors("abc")
        for _ in range(3):
            self.cycle_of(ring[0].ask.ask_along([*ring[1:], ring[0]]))
        self.assertEqual(ring[0].ask.ask_along(ring[1:]).result(TIMEOUT), 3)

    def test_neighbours_in_a_shared_home(self):
        a, b = self.actors("ab", home=troupe.shared("x"))
        self.assertEqual(self.cycle_of(a.ask.ask_along([b])), ["a", "b"])
        self.assertIn("'b', which can't run before 'a', in the same place;", self.words)

    def test_through_a_shared_home(self):
        a, b = self.actors("ab")
        in_x, other_in_x = self.actors(["x1", "x2"], home=troupe.shared("x"))
        cycle = self.cycle_of(a.ask.ask_along([in_x, b, other_in_x]))
        self.assertEqual(cycle, ["b", "x2", "x1"])
        self.assertIn("'x2', which can't run before 'x1', in the same place", self.words)

    def test_through_the_main_home(self):
        (a,) = self.actors("a")
        m, n = self.actors("mn", home="main")
        self.assertEqual(self.cycle_of(m.ask.ask_along([a, n])), ["a", "n", "m"])

    def test_an_actor_that_waits_for_the_end_of_one_that_waits_for_it(self):
        a, b = self.actors("ab")
        self.assertEqual(self.cycle_of(a.ask.have_joined(b)), ["a", "b"])

    def test_an_actor_that_spawns_one_that_asks_it(self):
        (a,) = self.actors("a")
        # Either of them may be the one that is told.
        with self.assertRaisesRegex(troupe.TroupeError, "would never end.*which waits for"):
            a.ask.spawn_one_that_asks_back("actors.asks_back").result()

    def test_a_kill_lets_the_others_go_on(self):
        a, b = self.actors("ab")
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        held = b.ask.gather_held(life, hold)
        waits = a.ask.ask_along([b])
        b.kill()
        with self.assertRaises(troupe.ActorStopped):
            waits.result()
        self.assertEqual(a.ask.ask_along([]).result(), 1)
        self.open_gate(release)
        self.assertIsInstance(held.exception(), troupe.ActorStopped)

    def test_many_at_the_same_time_all_come_to_an_end(self):
        a, b, c = self.actors("abc")
        for _ in range(500):
            asked = a.ask.ask_along([b]), b.ask.ask_along([c]), c.ask.ask_along([a])
            for outcome in troupe.gather(*asked, return_exceptions=True):
                if outcome != 2:
                    self.assertIsInstance(outcome, troupe.DeadlockError)


class TooManyWaits(support.SystemTestCase):
    workers = 1

    def test_the_one_that_would_block_the_last_thread_is_told(self):
        threads = 1 + 128  # the worker, and its spares
        chain = [self.spawn("actors.asker") for _ in range(threads + 1)]
        with self.assertRaisesRegex(troupe.TroupeError, "too many handlers wait"):
            chain[0].ask.ask_along(chain[1:]).result(TIMEOUT)
        self.assertEqual(chain[0].ask.ask_along(chain[1:50]).result(TIMEOUT), 50)


def main(system):
    support.run(globals())
