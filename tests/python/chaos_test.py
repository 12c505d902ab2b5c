# SPDX-License-Identifier: Apache-2.0
"""Actors of all kinds are killed, broken, flooded and stopped by their time
limits for a minute (or TROUPE_CHAOS_SECONDS): every request comes to something,
and all messages were handled or are dead letters, to the last one."""

import os
import random
import threading
import time

import support
import troupe
from troupe import Backoff, Child

from actors.chaotic import Chaotic

SECONDS = float(os.environ.get("TROUPE_CHAOS_SECONDS", 60))
SEED = int(os.environ.get("TROUPE_CHAOS_SEED", time.time_ns() % 1_000_000))

KINDS = (
    {},
    {"overflow": "fail", "mailbox": 20},
    {"overflow": "drop_newest", "mailbox": 20},
    {"overflow": "drop_oldest", "mailbox": 20},
    {"concurrency": 4},
    {"home": "shared:crowd", "concurrency": 2},
    {"home": "shared:crowd", "mailbox": 20},
    {"home": "shared:crowd", "overflow": "drop_oldest", "mailbox": 20},
)
# A request came to one of these, or to a value.
FATES = (
    troupe.ActorStopped,
    troupe.AskTimeout,
    troupe.HandlerTimeout,
    troupe.MailboxFull,
    troupe.RemoteError,
    troupe.StashFull,
    RuntimeError,
)


class Driver:
    """Sends whatever comes to its mind to whomever, and counts it."""

    def __init__(self, seed, refs):
        self.random = random.Random(seed)
        self.refs = refs
        self.sent = 0
        self.requests = []

    def stir(self):
        for _ in range(1000):
            who = self.random.choice(self.refs)
            if self.random.random() < 0.01:
                who.kill()
            self.send(who, *self.message())

    def message(self):
        dice = self.random.random()
        if dice < 0.01:
            return ("crash",)
        if dice < 0.02:
            return ("crash_later",)
        if dice < 0.022:
            return ("spin",)
        if dice < 0.10:
            return "pass_on", self.random.choice(self.refs)
        if dice < 0.15:
            return ("put_aside",)
        if dice < 0.20:
            return ("take_back",)
        if dice < 0.30:
            return "nap", self.random.random() / 500
        return "work", self.random.randrange(200)

    def send(self, who, handler, *args):
        self.sent += 1
        try:
            if self.random.random() < 0.5:
                getattr(who.tell, handler)(*args)
                return
            request = getattr(who.ask, handler)(*args)
        except troupe.MailboxFull:
            return  # and a dead letter
        if self.random.random() < 0.1:
            request.cancel()
        self.requests.append(request)


class Chaos(support.SystemTestCase):
    def test_every_message_is_handled_or_a_dead_letter(self):
        print(f"seed {SEED}")
        threads = threading.active_count()
        self.system.ask_timeout = 2  # some wait for longer in a stash
        drivers = self.drivers([self.actor(i) for i in range(3 * len(KINDS))])
        self.stir(drivers, time.monotonic() + SECONDS)
        self.end_system()
        for driver in drivers:
            self.assertEqual(self.still_open(driver.requests), [])
        sent = sum(driver.sent for driver in drivers)
        handled = sum(ref.handled for ref in drivers[0].refs)
        dead = self.system.dead_letters()
        lost = sum(n for why, n in dead.items() if why != "late_reply")
        restarts = sum(ref.restarts for ref in drivers[0].refs)
        print(f"{sent} sent, {handled} handled, {restarts} restarts, dead letters: {dead}")
        self.assertEqual(sent, handled + lost)
        self.assertGreater(restarts, 0)
        self.assertEqual(threading.active_count(), threads)
        self.assertEqual(self.system.stats()["interpreters_leaked"], 0)

    def actor(self, number):
        child = Child(
            Chaotic, name=f"chaotic-{number}", time_limit=0.05, **KINDS[number % len(KINDS)]
        )
        self.system.supervise(
            child, max_restarts=None, backoff=Backoff(initial=0.001, maximum=0.01)
        )
        return self.system.lookup(child.name)

    def drivers(self, refs):
        return [Driver(SEED + i, refs) for i in range(3)]

    def stir(self, drivers, end):
        while time.monotonic() < end:
            threads = [threading.Thread(target=driver.stir) for driver in drivers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for ref in drivers[0].refs:
                drivers[0].send(ref, "take_back")
            self.assert_quiet()
            for driver in drivers:
                driver.requests = self.still_open(driver.requests)

    def still_open(self, requests):
        """Those that have come to nothing yet: they are in a stash."""
        for request in requests:
            if request.done() and not request.cancelled():
                error = request.exception(0)
                if error is not None:
                    self.assertIsInstance(error, FATES)
        return [request for request in requests if not request.done()]


def main(system):
    support.run(globals())
