# SPDX-License-Identifier: Apache-2.0
"""troupe.ActorPoolExecutor in a program for the launcher, and in actors."""

import support

import troupe
from troupe import _running, testing


class InTheLauncher(support.SystemTestCase):
    def test_it_uses_the_programs_system(self):
        with troupe.ActorPoolExecutor(2) as executor:
            self.assertEqual(executor.submit(pow, 2, 3).result(support.TIMEOUT), 8)
            self.assertTrue(_running.system.actors())
        self.assertEqual(_running.system.actors(), [])

    def test_a_system_is_quiet_when_the_tasks_are_done(self):
        with troupe.ActorPoolExecutor(2, system=self.system) as executor:
            asked = [executor.submit(pow, n, 2) for n in range(100)]
            self.assertEqual([f.result() for f in asked], [n * n for n in range(100)])
            self.assert_quiet()

    def test_workers_live_where_they_are_told(self):
        for home in ("own", "main", "shared:workers"):
            with troupe.ActorPoolExecutor(2, home=home, system=self.system) as executor:
                self.assertEqual(list(executor.map(abs, range(-3, 0))), [3, 2, 1])

    def test_their_names_begin_as_told(self):
        with troupe.ActorPoolExecutor(1, "digger", system=self.system) as executor:
            executor.submit(abs, 1).result()
            self.assertEqual([a.name for a in self.system.actors()], ["digger_0"])


    def test_a_stepped_system_is_refused(self):
        with testing.TestSystem() as stepped:
            with self.assertRaisesRegex(TypeError, "TestSystem"):
                troupe.ActorPoolExecutor(1, system=stepped)


class InActors(support.SystemTestCase):
    def test_it_uses_the_actors_system(self):
        actor = self.spawn("actors.delegating")
        self.assertEqual(
            actor.ask.squares(20).result(support.TIMEOUT), [n * n for n in range(20)]
        )

    def test_in_an_async_handler(self):
        actor = self.spawn("actors.delegating")
        self.assertEqual(
            actor.ask.awaited(20).result(support.TIMEOUT), [n * n for n in range(20)]
        )

    def test_one_that_was_not_shut_down_ends_with_its_actor(self):
        actor = self.spawn("actors.delegating")
        self.assertEqual(actor.ask.keep_one().result(support.TIMEOUT), 32)
        actor.stop()
        self.assertTrue(actor.join(support.TIMEOUT))
        self.assert_quiet()


def main(system):
    support.run(globals())
