# SPDX-License-Identifier: Apache-2.0
"""after, every, receive_timeout."""

import os
import threading
import time

import support
import troupe
from support import TIMEOUT


class Clock:
    """Notes calls with their times; a byte in the pipe for each."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.calls = []
        self.timers = {}

    def note(self, *what):
        self.calls.append((time.monotonic(), *what))
        os.write(self.pipe, b".")

    @troupe.handler
    def start(self, kind, name, seconds, **options):
        begin = time.monotonic()
        self.timers[name] = getattr(troupe.context, kind)(
            seconds, self.note, name, **options
        )
        return begin

    @troupe.handler
    def start_and_cancel_when_due(self):
        """The call is queued when it is cancelled."""
        timer = troupe.context.after(0, self.note, "cancelled")
        troupe.context.after(0, self.note, "other")
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
        return timer.cancel()

    @troupe.handler
    def cancel(self, name):
        return self.timers[name].cancel()

    @troupe.handler
    def active(self, name):
        return self.timers[name].active

    @troupe.handler
    def cancel_key(self, key):
        return troupe.context.cancel_timer(key)

    @troupe.handler
    def be_busy(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass

    @troupe.handler
    def wait_for_silence(self, seconds):
        troupe.context.receive_timeout = seconds
        return troupe.context.receive_timeout

    @troupe.handler
    def sender(self):
        troupe.context.after(0, lambda: self.note(troupe.context.sender))

    @troupe.handler
    def call(self, kind, *args, **kwargs):
        return repr(getattr(troupe.context, kind)(*args, **kwargs))

    @troupe.handler
    def call_function(self, kind, *args, **kwargs):
        return repr(getattr(troupe.context, kind)(1, print, *args, **kwargs))

    @troupe.handler
    def fail_later(self):
        troupe.context.after(0, self.fail)

    def fail(self):
        raise ValueError("too late")

    @troupe.handler
    def exit_later(self):
        troupe.context.after(0, exit)

    @troupe.handler
    def tell_later(self, other):
        troupe.context.after(0, other.tell.note_all, 1)

    @troupe.handler
    def note_all(self, n):
        self.note(n)

    @troupe.handler
    def later(self):
        async def answer():
            self.note("async")

        troupe.context.after(0, answer)

    @troupe.handler
    def use_in_a_thread(self):
        timer = troupe.context.after(60, self.note)
        raised = []

        def use():
            for attempt in (timer.cancel, lambda: troupe.context.after(1, print)):
                try:
                    attempt()
                except RuntimeError as error:
                    raised.append(str(error))

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        return raised

    @troupe.handler
    def seen(self):
        return self.calls


class Silent(Clock):
    def timed_out(self):
        self.note("silence")


class Receiver(Clock):
    def receive(self, message):
        self.note(repr(message))


class Test(support.SystemTestCase):
    kind = Clock

    def setUp(self):
        super().setUp()
        self.notes, self.pipe = self.gate()
        self.clock = self.spawn(self.kind, self.pipe)

    def calls(self, count):
        """After `count` more calls."""
        for _ in range(count):
            os.read(self.notes, 1)
        return self.clock.ask.seen().result(TIMEOUT)

    def names(self, count):
        return [name for _, name in self.calls(count)]


class After(Test):
    def test_it_calls_once_and_not_too_early(self):
        begin = self.clock.ask.start("after", "x", 0.02).result(TIMEOUT)
        ((when, name),) = self.calls(1)
        self.assertEqual(name, "x")
        self.assertGreaterEqual(when - begin, 0.019)
        self.assertFalse(self.clock.ask.active("x").result(TIMEOUT))

    def test_they_come_in_the_order_of_their_times(self):
        self.clock.tell.start("after", "late", 0.06)
        self.clock.tell.start("after", "early", 0.03)
        self.assertEqual(self.names(2), ["early", "late"])

    def test_a_cancelled_one_never_calls(self):
        self.clock.tell.start("after", "x", 0.03)
        self.assertTrue(self.clock.ask.active("x").result(TIMEOUT))
        self.assertTrue(self.clock.ask.cancel("x").result(TIMEOUT))
        self.assertFalse(self.clock.ask.cancel("x").result(TIMEOUT))
        self.clock.tell.start("after", "y", 0.05)
        self.assertEqual(self.names(1), ["y"])

    def test_it_can_be_cancelled_when_it_is_due_already(self):
        self.assertTrue(
            self.clock.ask.start_and_cancel_when_due().result(TIMEOUT)
        )
        self.assertEqual(self.names(1), ["other"])

    def test_a_key_replaces_the_timer_before(self):
        self.clock.tell.start("after", "first", 0.02, key="k")
        self.clock.tell.start("after", "second", 0.04, key="k")
        self.clock.tell.start("after", "third", 0.04, key=("other", 1))
        self.assertEqual(set(self.names(2)), {"second", "third"})
        self.assertFalse(self.clock.ask.cancel_key("k").result(TIMEOUT))

    def test_a_key_cancels(self):
        self.clock.tell.start("every", "first", 0.02, key="k", first=30)
        self.assertTrue(self.clock.ask.cancel_key("k").result(TIMEOUT))
        self.assertFalse(self.clock.ask.cancel_key("k").result(TIMEOUT))
        self.assertFalse(self.clock.ask.active("first").result(TIMEOUT))

    def test_nobody_has_sent_it(self):
        self.clock.ask.sender().result(TIMEOUT)
        self.assertEqual(self.names(1), [None])

    def test_what_it_calls_may_be_a_sender(self):
        other = self.spawn(Clock, self.pipe)
        self.clock.tell.tell_later(other)
        os.read(self.notes, 1)
        self.assertEqual(len(other.ask.seen().result(TIMEOUT)), 1)

    def test_what_it_calls_may_be_async(self):
        self.clock.tell.later()
        self.assertEqual(self.names(1), ["async"])

    def test_if_it_raises_the_actor_fails(self):
        self.clock.tell.fail_later()
        self.assertTrue(self.clock.join(TIMEOUT))
        self.assertEqual(self.clock.reason, "failed")

    def test_sys_exit_ends_the_actor(self):
        self.clock.tell.exit_later()
        self.assertTrue(self.clock.join(TIMEOUT))
        self.assertEqual(self.clock.reason, "stopped")

    def test_it_ends_with_its_actor(self):
        self.clock.ask.start("every", "x", 0.001).result(TIMEOUT)
        self.clock.stop()
        self.assertTrue(self.clock.join(TIMEOUT))
        self.assertEqual(self.system.dead_letters(), {})

    def test_other_threads_are_refused(self):
        raised = self.clock.ask.use_in_a_thread().result(TIMEOUT)
        self.assertEqual(len(raised), 2)
        for text in raised:
            self.assertIn("for handlers", text)

    def test_bad_arguments_are_refused(self):
        for error, kind, args, options in (
            (TypeError, "call", (), {}),
            (TypeError, "call", (1,), {}),
            (TypeError, "call", ("soon", 7), {}),
            (TypeError, "call", (1, 7), {}),
            (TypeError, "call_function", (), {"kye": 1}),
            (TypeError, "call_function", (), {"key": []}),
        ):
            for each in ("after", "every"):
                with self.subTest(args=args, options=options):
                    with self.assertRaises(error):
                        getattr(self.clock.ask, kind)(each, *args, **options).result(
                            TIMEOUT
                        )
        with self.assertRaisesRegex(ValueError, "0 or more"):
            self.clock.ask.start("after", "x", -1).result(TIMEOUT)
        with self.assertRaisesRegex(ValueError, "more than 0"):
            self.clock.ask.start("every", "x", 0).result(TIMEOUT)
        with self.assertRaisesRegex(ValueError, "NaN"):
            self.clock.ask.start("every", "x", float("nan")).result(TIMEOUT)
        with self.assertRaisesRegex(RuntimeError, "for handlers"):
            troupe.context.after(1, print)


class Every(Test):
    def test_it_calls_at_multiples_of_its_period(self):
        begin = self.clock.ask.start("every", "x", 0.01).result(TIMEOUT)
        calls = self.calls(30)
        self.assertTrue(self.clock.ask.cancel("x").result(TIMEOUT))
        last = calls[29][0] - begin
        # Late calls are left out, never made up for; none comes early.
        self.assertGreaterEqual(last, 0.299)

    def test_the_first_may_come_sooner(self):
        begin = self.clock.ask.start("every", "x", 60, first=0).result(TIMEOUT)
        ((when, _),) = self.calls(1)
        self.assertLess(when - begin, 30)
        self.assertTrue(self.clock.ask.active("x").result(TIMEOUT))

    def test_calls_dont_pile_up_behind_a_long_handler(self):
        self.clock.tell.start("every", "x", 0.005)
        self.clock.tell.be_busy(0.2)  # forty periods
        calls = self.clock.ask.seen().result(TIMEOUT)
        self.assertLess(len(calls), 20)


class Silence(Test):
    kind = Silent

    def test_it_is_told_again_and_again(self):
        self.assertEqual(
            self.clock.ask.wait_for_silence(0.02).result(TIMEOUT), 0.02
        )
        for _ in range(2):
            os.read(self.notes, 1)
        self.assertIsNone(self.clock.ask.wait_for_silence(None).result(TIMEOUT))

    def test_messages_put_it_off(self):
        self.clock.ask.wait_for_silence(0.2).result(TIMEOUT)
        for _ in range(10):
            self.clock.ask.be_busy(0.03).result(TIMEOUT)
        self.assertEqual(self.clock.ask.seen().result(TIMEOUT), [])
        os.read(self.notes, 1)

    def test_bad_values_are_refused(self):
        for value, error in ((0, ValueError), (-1, ValueError), ("x", TypeError)):
            with self.assertRaises(error):
                self.clock.ask.wait_for_silence(value).result(TIMEOUT)


class SilenceReceived(Test):
    kind = Receiver

    def test_without_a_hook_it_comes_to_receive(self):
        self.clock.ask.wait_for_silence(0.02).result(TIMEOUT)
        os.read(self.notes, 1)
        self.clock.ask.wait_for_silence(None).result(TIMEOUT)
        seen = self.clock.ask.seen().result(TIMEOUT)
        self.assertEqual(seen[0][1], "troupe.ReceiveTimeout()")


def main(system):
    support.run(globals())
