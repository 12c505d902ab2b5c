# SPDX-License-Identifier: Apache-2.0
"""Full mailboxes: what each overflow policy does with senders and messages."""

import os
import signal
import threading

import support
import troupe
from support import TIMEOUT


class Slow:
    """Handles nothing while its gate is shut; notes how crowded it was."""

    def __init__(self):
        self.crowd = 0
        self.got = []

    @troupe.handler
    def take(self, what):
        self.crowd = max(self.crowd, troupe.context.self.queued)
        self.got.append(what)
        return what

    @troupe.handler
    def hold_until(self, descriptor, ready):
        os.write(ready, b".")
        os.read(descriptor, 1)

    @troupe.handler
    def worst(self):
        return self.crowd, len(self.got)

    @troupe.handler
    def all(self):
        return self.got


class Flooder:
    """Sends one message for each of its own, as fast as it can."""

    def __init__(self, target=None):
        self.target = target
        self.sent = 0

    @troupe.handler
    def aim(self, target):
        self.target = target

    @troupe.handler
    def flood(self, left):
        self.target.tell.take(left)
        if left > 1:
            troupe.context.self.tell.flood(left - 1)

    @troupe.handler
    def flood_by_asks(self, left):
        self.target.ask.take(left)
        if left > 1:
            troupe.context.self.tell.flood_by_asks(left - 1)

    @troupe.handler
    def send(self, count):
        for n in range(count):
            self.target.tell.take(n)
            self.sent += 1
        return self.sent

    @troupe.handler
    def send_pongs(self, count, ready, gate):
        os.write(ready, b".")
        os.read(gate, 1)
        for _ in range(count):
            self.target.tell.pong()

    @troupe.handler
    def take(self, left):
        if left > 0:
            self.target.tell.take(left - 1)
            self.target.tell.take(0)

    @troupe.handler
    def pong(self):
        return "pong"


class Test(support.SystemTestCase):
    def shut(self, **options):
        """A Slow actor that waits at its gate, and what opens that."""
        reading, writing = self.gate()
        waiting, ready = self.gate()
        slow = self.spawn(Slow, **options)
        slow.tell.hold_until(reading, ready)
        os.read(waiting, 1)
        return slow, lambda: self.open_gate(writing)

    def result(self, slow):
        self.assert_quiet()
        return slow.ask.all().result(TIMEOUT)


class Muting(Test):
    def test_actors_that_flood_a_slow_one_are_paused(self):
        slow = self.spawn(Slow, mailbox=100)
        flooders = [self.spawn(Flooder, slow, home="shared:f") for _ in range(5)]
        for flooder in flooders:
            flooder.tell.flood(4000)
        self.assert_quiet()
        worst, got = slow.ask.worst().result(TIMEOUT)
        self.assertEqual(got, 20_000)
        # Each may send once more before it is paused.
        self.assertLessEqual(worst, 100 + 2 * len(flooders) + 2)
        self.assertEqual(self.system.dead_letters(), {})

    def test_requests_count_too(self):
        slow = self.spawn(Slow, mailbox=50)
        flooder = self.spawn(Flooder, slow)
        flooder.tell.flood_by_asks(5000)
        self.assert_quiet()
        worst, got = slow.ask.worst().result(TIMEOUT)
        self.assertEqual(got, 5000)
        self.assertLessEqual(worst, 54)

    def test_a_paused_actor_is_still_stopped_and_killed(self):
        slow, open_gate = self.shut(mailbox=10)
        for end in ("stop", "kill"):
            flooder = self.spawn(Flooder, slow)
            flooder.ask.send(20).result(TIMEOUT)  # now it is paused
            waiting = flooder.ask.pong()
            getattr(flooder, end)()
            self.assertTrue(flooder.join(TIMEOUT))
            with self.assertRaises(troupe.ActorStopped):
                waiting.result(TIMEOUT)
        open_gate()
        self.assertEqual(len(self.result(slow)), 40)

    def test_a_cycle_of_flooding_actors_goes_on(self):
        actors = [self.spawn(Flooder, mailbox=5) for _ in range(3)]
        for n, actor in enumerate(actors):
            actor.tell.aim(actors[(n + 1) % 3])
        for actor in actors:
            actor.tell.take(300)
        self.assert_quiet()
        for actor in actors:
            self.assertEqual(actor.ask.pong().result(TIMEOUT), "pong")
        self.assertEqual(self.system.dead_letters(), {})

    def test_ten_thousand_is_the_limit_if_nothing_is_said(self):
        slow, open_gate = self.shut()
        for n in range(9_900):
            slow.tell.take(n)
        thread = threading.Thread(target=self.send, args=(slow, 200))
        thread.start()
        thread.join(0.2)
        self.assertTrue(thread.is_alive())
        open_gate()
        thread.join(TIMEOUT)
        self.assertEqual(len(self.result(slow)), 10_100)

    def send(self, slow, count):
        for n in range(count):
            slow.tell.take(n)

    def test_a_thread_waits_until_there_is_room(self):
        slow, open_gate = self.shut(mailbox=10)
        thread = threading.Thread(target=self.send, args=(slow, 500))
        thread.start()
        thread.join(0.2)
        self.assertTrue(thread.is_alive())
        self.assertLess(slow.queued, 15)
        open_gate()
        thread.join(TIMEOUT)
        self.assertFalse(thread.is_alive())
        self.assertEqual(self.result(slow), list(range(500)))

    def test_a_signal_ends_the_wait_of_the_main_program(self):
        slow, open_gate = self.shut(mailbox=10)
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        with self.assertRaises(KeyboardInterrupt):
            try:
                self.send(slow, 100)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        open_gate()
        self.assertLess(len(self.result(slow)), 15)

    def test_its_end_frees_those_that_wait(self):
        slow, open_gate = self.shut(mailbox=10)
        thread = threading.Thread(target=self.send, args=(slow, 100))
        thread.start()
        slow.stop()
        open_gate()
        thread.join(TIMEOUT)
        self.assertFalse(thread.is_alive())
        self.assertEqual(self.system.dead_letters(), {"stopped": 100})


class Policies(Test):
    def test_block_makes_an_actor_wait_in_its_handler(self):
        slow, open_gate = self.shut(mailbox=3, overflow="block")
        sender, other = self.spawn(Flooder, slow), self.spawn(Flooder)
        sending = sender.ask.send(20)
        for _ in range(100):  # others go on
            self.assertEqual(other.ask.pong().result(TIMEOUT), "pong")
        self.assertFalse(sending.done())
        open_gate()
        self.assertEqual(sending.result(TIMEOUT), 20)
        worst, got = slow.ask.worst().result(TIMEOUT)
        self.assertEqual(got, 20)
        self.assertLessEqual(worst, 4)

    def test_a_kill_ends_a_blocked_send(self):
        slow, open_gate = self.shut(mailbox=3, overflow="block")
        sender = self.spawn(Flooder, slow)
        sending = sender.ask.send(20)
        sender.kill()
        self.assertTrue(sender.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            sending.result(TIMEOUT)
        open_gate()

    def test_two_that_block_on_each_other_are_told(self):
        pair = [self.spawn(Flooder, mailbox=1, overflow="block") for _ in range(2)]
        pair[0].ask.aim(pair[1]).result(TIMEOUT)
        pair[1].ask.aim(pair[0]).result(TIMEOUT)
        (waiting, ready), (reading, writing) = self.gate(), self.gate()
        both = [actor.ask.send_pongs(10, ready, reading) for actor in pair]
        for _ in pair:
            os.read(waiting, 1)
        os.write(writing, b"..")
        outcomes = [future.exception(TIMEOUT) for future in both]
        told = [each for each in outcomes if each is not None]
        self.assertTrue(told)
        for each in told:
            self.assertIsInstance(each, troupe.DeadlockError)
            self.assertIn("would never end", str(each))

    def test_fail_tells_the_sender(self):
        slow, open_gate = self.shut(mailbox=3, overflow="fail")
        for n in range(3):
            slow.tell.take(n)
        for send in (slow.tell, slow.ask):
            with self.assertRaisesRegex(troupe.MailboxFull, "3 messages"):
                send.take(3)
        open_gate()
        self.assertEqual(self.result(slow), [0, 1, 2])
        self.assertEqual(self.system.dead_letters(), {"mailbox_full": 2})

    def test_drop_newest_keeps_what_came_first(self):
        slow, open_gate = self.shut(mailbox=3, overflow="drop_newest")
        for n in range(10):
            slow.tell.take(n)
        lost = slow.ask.take(10)
        open_gate()
        self.assertEqual(self.result(slow), [0, 1, 2])
        self.assertEqual(self.system.dead_letters(), {"dropped": 8})
        with self.assertRaises(troupe.TroupeError):
            lost.result(TIMEOUT)

    def test_drop_oldest_keeps_what_came_last(self):
        slow, open_gate = self.shut(mailbox=3, overflow="drop_oldest")
        for n in range(10):
            slow.tell.take(n)
        open_gate()
        self.assertEqual(self.result(slow), [7, 8, 9])
        self.assertEqual(self.system.dead_letters(), {"dropped": 7})

    def test_redirect_gives_another_what_doesnt_fit(self):
        other = self.spawn(Slow)
        slow, open_gate = self.shut(mailbox=3, redirect=other)
        for n in range(5):
            slow.tell.take(n)
        answer = slow.ask.take("asked")
        self.assertEqual(answer.result(TIMEOUT), "asked")
        open_gate()
        self.assertEqual(self.result(slow), [0, 1, 2])
        self.assertEqual(self.result(other), [3, 4, "asked"])
        self.assertEqual(self.system.dead_letters(), {})

    def test_none_is_no_limit(self):
        slow, open_gate = self.shut(mailbox=None)
        for n in range(20_000):
            slow.tell.take(n)
        open_gate()
        self.assertEqual(len(self.result(slow)), 20_000)

    def test_bad_options_are_refused(self):
        for options, error, words in (
            ({"mailbox": 0}, ValueError, "mailbox"),
            ({"mailbox": "many"}, TypeError, ""),
            ({"overflow": "explode"}, ValueError, "drop_oldest"),
            ({"overflow": 7}, TypeError, "overflow"),
            ({"overflow": "redirect"}, ValueError, "redirect=REF"),
            ({"redirect": "slow"}, TypeError, "Ref"),
            ({"stash": -1}, ValueError, "stash"),
            ({"time_limit": 0}, ValueError, "time_limit"),
            ({"time_limit": "x"}, TypeError, ""),
            ({"concurrency": 0}, ValueError, "concurrency"),
        ):
            with self.subTest(options), self.assertRaisesRegex(error, words):
                self.spawn(Slow, **options)
        self.assertEqual(self.system.actors(), [])


def main(system):
    support.run(globals())
