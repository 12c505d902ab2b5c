# SPDX-License-Identifier: Apache-2.0
"""Memory holds: over spawns and stops, and over millions of messages."""

import os

import support
from support import TIMEOUT

MIB = 1 << 20


def resident():
    """Bytes of memory that the process holds."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Memory(support.SystemTestCase):
    def cycle(self, times):
        for _ in range(times):
            actor = self.spawn("actors.echo")
            self.assertEqual(actor.ask("x").result(TIMEOUT), "x")
            actor.stop()
            self.assertTrue(actor.join(TIMEOUT))

    def test_a_thousand_spawns_and_stops_hold_their_memory(self):
        self.cycle(100)  # fills pools and arenas
        before = resident()
        self.cycle(1000)
        grown = resident() - before
        # An interpreter that isn't given back is 1.8 MiB.
        self.assertLess(grown, 64 * MIB)
        self.assertEqual(self.system.stats()["interpreters_leaked"], 0)
        print(f"1,000 spawns and stops: {grown / MIB:+.1f} MiB")

    def test_ten_million_messages_hold_their_memory(self):
        actor = self.spawn("actors.shapes:Counter")
        batch, batches = 10_000, 1_000
        add = actor.tell.add

        def send(count):
            for _ in range(count):
                for _ in range(batch):
                    add()
                actor.ask("here").result(TIMEOUT)  # lets the actor catch up

        send(20)
        before = resident()
        send(batches)
        grown = resident() - before
        self.assertEqual(actor.ask.add(0).result(TIMEOUT), (batches + 20) * batch)
        self.assertLess(grown, 32 * MIB)
        print(f"10,000,000 messages: {grown / MIB:+.1f} MiB")


def main(system):
    support.run(globals())
