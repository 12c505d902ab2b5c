# SPDX-License-Identifier: Apache-2.0
"""100,000 light actors in one shared home."""

import time

import support
import troupe
from support import TIMEOUT

COUNT = 100_000


class Light:
    def __init__(self, n):
        self.n = n

    @troupe.handler
    def add(self, more):
        self.n += more

    @troupe.handler
    def total(self):
        return self.n


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


class LightActors(support.SystemTestCase):
    def test_a_hundred_thousand_are_spawned_used_and_stopped(self):
        home = troupe.shared("light")
        first = self.spawn(Light, 0, home=home)
        before, begin = resident(), time.monotonic()
        actors = [self.spawn(Light, n, home=home) for n in range(COUNT)]
        each = (resident() - before) / COUNT
        seconds = time.monotonic() - begin
        print(f"{each:.0f} bytes and {seconds / COUNT * 1e6:.1f} us an actor")
        self.assertLess(each, 6000)
        for actor in actors:
            actor.tell.add(1)
        answers = [actor.ask.total() for actor in actors]
        self.assertEqual(
            [answer.result(TIMEOUT) for answer in answers], list(range(1, COUNT + 1))
        )
        for actor in actors:
            actor.stop()
        for actor in actors:
            self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(self.system.actors(), [first])
        self.assertEqual(self.system.dead_letters(), {})

    def test_a_shared_home_lives_on_without_actors(self):
        home = troupe.shared("light")
        for _ in range(3):
            actor = self.spawn(Light, 1, home=home)
            actor.stop()
            self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(self.system.stats()["interpreters_ended"], 0)


def main(system):
    support.run(globals())
