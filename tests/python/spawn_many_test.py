# SPDX-License-Identifier: Apache-2.0
"""spawn_many()."""

import support
import troupe
from support import TIMEOUT


class Pair:
    def __init__(self, first=0, second=0, bad=None):
        if bad is not None and first == bad:
            raise ValueError(f"not {bad}")
        self.both = (first, second)

    @troupe.handler
    def get(self):
        return self.both

    @troupe.handler
    def many(self, count, home):
        made = troupe.context.system.spawn_many(Pair, count, home=home)
        return len(made)


class SpawnMany(support.SystemTestCase):
    def contents(self, refs):
        return troupe.gather(*(ref.ask.get() for ref in refs), timeout=TIMEOUT)

    def test_each_gets_its_arguments(self):
        home = troupe.shared("many")
        refs = self.system.spawn_many(Pair, ((n, -n) for n in range(1000)), home=home)
        self.assertEqual(self.contents(refs), [(n, -n) for n in range(1000)])
        refs = self.system.spawn_many(Pair, range(600), home=home, second=5)
        self.assertEqual(self.contents(refs), [(n, 5) for n in range(600)])
        refs = self.system.spawn_many(Pair, 3, home=home)
        self.assertEqual(self.contents(refs), [(0, 0)] * 3)
        self.assertEqual(self.system.spawn_many(Pair, 0), [])
        self.assertEqual(self.system.spawn_many(Pair, []), [])

    def test_in_homes_of_their_own_and_with_names(self):
        refs = self.system.spawn_many(Pair, [("a", 1), ("b", 2)], name="pair", mailbox=7)
        self.assertEqual([ref.name for ref in refs], ["pair-1", "pair-2"])
        self.assertEqual(self.contents(refs), [("a", 1), ("b", 2)])

    def test_if_one_cant_start_none_is_left(self):
        for home in ("own", "shared:many"):
            with self.assertRaisesRegex(troupe.SpawnError, "not 3") as caught:
                self.system.spawn_many(Pair, range(5), home=home, bad=3)
            self.assertIsInstance(caught.exception.__cause__, ValueError)
            self.assert_quiet()
            self.assertEqual(self.system.actors(), [])

    def test_a_name_that_is_taken_leaves_none(self):
        self.spawn(Pair, name="pair-2", home="shared:many")
        with self.assertRaisesRegex(troupe.SpawnError, "pair-2"):
            self.system.spawn_many(Pair, 3, name="pair", home="shared:many")
        self.assertEqual([ref.name for ref in self.system.actors()], ["pair-2"])

    def test_what_the_iterable_raises_leaves_none(self):
        def numbers():
            yield from range(1000)
            raise OSError("no more numbers")

        with self.assertRaisesRegex(OSError, "no more numbers"):
            self.system.spawn_many(Pair, numbers(), home="shared:many")
        self.assertEqual(self.system.actors(), [])

    def test_an_actor_spawns_many(self):
        for home in ("own", "shared:here"):
            actor = self.spawn(Pair, home=home)
            self.assertEqual(actor.ask.many(5, "shared:here").result(TIMEOUT), 5)
            self.assert_quiet()
        self.assertEqual(len(self.system.actors()), 12)

    def test_bad_arguments_are_refused(self):
        for error, args, words in (
            (TypeError, (Pair,), {}),
            (TypeError, (Pair, None), {}),
            (TypeError, (Pair, 1, 2), {}),
            (ValueError, (Pair, -1), {}),
            (troupe.SpawnError, (Pair, 2), {"home": "elsewhere"}),
            (TypeError, (Pair, 2), {"restart": "permanent"}),
            (TypeError, (3, 2), {}),
        ):
            with self.subTest(args), self.assertRaises(error):
                self.system.spawn_many(*args, **words)
        self.assertEqual(self.system.actors(), [])


def main(system):
    support.run(globals())
