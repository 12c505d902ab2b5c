# SPDX-License-Identifier: Apache-2.0
"""What async handlers do with their message besides answering it; requests that
are given up while their handlers are suspended; ends and limits of what awaits."""

import asyncio
import itertools
import os

import support
import troupe
from concurrent.futures import CancelledError
from support import TIMEOUT


class Clerk:
    """Does things with its message, before and after it was suspended."""

    def __init__(self, other=None):
        self.other, self.kept, self.done, self.replies = other, [], [], []
        self.seen = set()

    async def do(self, word):
        """None, or what was raised."""
        if word == "await":
            await asyncio.sleep(0)
            return
        if word == "in a task":
            await asyncio.create_task(asyncio.sleep(0))
            return
        try:
            if word == "forward":
                troupe.context.forward(self.other)
            elif word == "stash":
                troupe.context.stash()
            else:
                self.replies.append(troupe.context.reply_later())
        except RuntimeError as error:
            return str(error)

    @troupe.handler
    async def steps(self, words):
        if words in self.done:
            return "came back"
        self.done.append(words)
        errors = [error for word in words if (error := await self.do(word))]
        self.kept.append(errors)
        return "returned"

    @troupe.handler
    def plain_steps(self, words):
        if words in self.done:
            return "came back"
        self.done.append(words)
        coroutine = self.steps_of(words)
        try:
            coroutine.send(None)
        except StopIteration:
            pass
        return "returned"

    async def steps_of(self, words):
        self.kept.append([error for word in words if (error := await self.do(word))])

    @troupe.handler
    async def let_child_forward(self, words):
        async def hand_on():
            await asyncio.sleep(0)
            troupe.context.forward(self.other)

        await asyncio.create_task(hand_on())
        return "returned"

    @troupe.handler
    async def leave_child(self):
        async def too_late():
            await self.event.wait()
            self.kept.append(await self.do("forward"))

        self.event = asyncio.Event()
        self.task = asyncio.create_task(too_late())

    @troupe.handler
    async def let_child_go_on(self):
        self.event.set()
        await self.task

    @troupe.handler
    def finish(self):
        """(errors of the steps, how many Replies were answered)."""
        errors = self.kept
        answered = len(self.replies)
        for reply in self.replies:
            reply.answer("later")
        self.kept, self.replies = [], []
        troupe.context.unstash_all()
        return errors, answered


class Other:
    @troupe.handler
    def steps(self, words):
        return "forwarded"

    plain_steps = let_child_forward = steps


class Sleeper:
    def __init__(self, descriptor=None):
        self.descriptor, self.seen = descriptor, []

    def write(self):
        os.write(self.descriptor, b".")

    @troupe.handler
    async def sleep(self, what="ends"):
        self.write()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            if what == "ends":
                raise
            return what
        finally:
            self.write()

    @troupe.handler
    async def sleep_at(self, other):
        self.write()
        await other.ask.sleep()

    @troupe.handler
    def hold(self, descriptor):
        self.write()
        return os.read(descriptor, 1)

    @troupe.handler
    def all_seen(self):
        return self.seen

    @troupe.handler
    async def stop_and_sleep(self):
        troupe.context.stop()
        await self.sleep()

    @troupe.handler
    def start_timer(self, asynchronous):
        troupe.context.after(0, self.sleep if asynchronous else self.spin)

    def spin(self):
        while True:
            pass

    @troupe.handler
    def watch(self, other, asynchronous):
        self.asynchronous = asynchronous
        troupe.context.watch(other)

    def down(self, notice):
        return self.sleep() if self.asynchronous else self.spin()


class WithDescriptor(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.read, self.write = self.gate()

    def sleeper(self, **options):
        return self.spawn(Sleeper, self.write, **options)

    def wait(self, count=1):
        for _ in range(count):
            os.read(self.read, 1)


class GivingUp(WithDescriptor):
    def test_cancel_cancels_the_handler(self):
        for home in "own", troupe.shared("x"):
            sleeper = self.sleeper(home=home)
            asked = sleeper.ask.sleep()
            self.wait()
            self.assertTrue(asked.cancel())
            self.wait()
            self.assertEqual(sleeper.ask.all_seen().result(TIMEOUT), ["cancelled"])
            with self.assertRaises(CancelledError):
                asked.result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"cancelled": 2})

    def test_of_many_only_the_one_that_was_given_up(self):
        sleeper = self.sleeper(concurrency=10)
        asked = [sleeper.ask.sleep() for _ in range(9)]
        self.wait(9)
        asked[3].cancel()
        asked[7].cancel()
        self.wait(2)
        self.assertEqual(sleeper.ask.all_seen().result(TIMEOUT), ["cancelled"] * 2)
        self.assertEqual([each.done() for each in asked].count(True), 2)

    def test_an_answer_all_the_same_is_late(self):
        sleeper = self.sleeper()
        asked = sleeper.ask.sleep("an answer")
        self.wait()
        asked.cancel()
        self.wait()
        self.assert_quiet()
        self.assertTrue(sleeper.alive)
        self.assertEqual(self.system.dead_letters(), {"late_reply": 1})

    def test_whoever_that_handler_has_asked_is_cancelled_too(self):
        first, second = self.sleeper(), self.sleeper()
        asked = first.ask.sleep_at(second)
        self.wait(2)
        asked.cancel()
        self.wait()
        self.assert_quiet()
        self.assertEqual(second.ask.all_seen().result(TIMEOUT), ["cancelled"])
        self.assertEqual(self.system.dead_letters(), {"cancelled": 2})

    def test_a_plain_handler_is_not_interrupted(self):
        sleeper, (hold, release) = self.sleeper(), self.gate()
        asked = sleeper.ask.hold(hold)
        self.wait()
        asked.cancel()
        self.open_gate(release)
        self.assertEqual(sleeper.ask.all_seen().result(TIMEOUT), [])
        self.assertEqual(self.system.dead_letters(), {"late_reply": 1})

    def test_one_that_was_given_up_as_it_began(self):
        sleeper = self.sleeper(concurrency=500)
        asked = [sleeper.ask.sleep() for _ in range(500)]
        for each in asked:
            each.cancel()
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"cancelled": 500})


WORDS = "await", "forward", "stash", "reply_later"


class Combinations(support.SystemTestCase):
    """Of any steps with one message the first of the three counts; the others
    are errors there, and it is answered once."""

    ANSWERS = {"forward": "forwarded", "stash": "came back", "reply_later": "later"}

    def check(self, handler, words):
        asked = getattr(self.clerk.ask, handler)(words)
        self.assert_quiet()
        errors, replies = self.clerk.ask.finish().result(TIMEOUT)
        acts = [word for word in words if word != "await"]
        self.assertEqual(len(errors), 1)
        self.assertEqual(len(errors[0]), max(len(acts) - 1, 0), errors)
        for word, error in zip(acts[1:], errors[0]):
            self.assertIn(f"troupe.context.{word}() ", error)
            self.assertIn("reply_later() this" if acts[0] == "reply_later" else "by forward()", error)
        self.assertEqual(asked.result(TIMEOUT), self.ANSWERS[acts[0]] if acts else "returned")
        self.assertEqual(replies, acts[:1].count("reply_later"))

    def test_every_one_of_three_steps(self):
        other = self.spawn(Other)
        for home in "own", troupe.shared("x"):
            self.clerk = self.spawn(Clerk, other, home=home)
            for length in 1, 2, 3:
                for words in itertools.product(WORDS, repeat=length):
                    with self.subTest(words=words, home=home):
                        self.check("steps", list(words))
        self.assertEqual(self.system.dead_letters(), {})

    def test_in_a_plain_handler(self):
        self.clerk = self.spawn(Clerk, self.spawn(Other))
        for words in itertools.product(WORDS[1:], repeat=2):
            with self.subTest(words=words):
                self.check("plain_steps", list(words))

    def test_among_several_each_has_its_own_message(self):
        clerk = self.spawn(Clerk, self.spawn(Other), concurrency=8)
        lists = [["await", word, "await"] for word in ("forward", "reply_later")] * 4
        asked = [clerk.ask.steps(words) for words in lists]
        self.assert_quiet()
        clerk.ask.finish().result(TIMEOUT)
        for each, words in zip(asked, lists):
            # Words that were there before are answered at once.
            self.assertIn(each.result(TIMEOUT), (self.ANSWERS[words[1]], "came back"))

    def test_a_task_of_the_handler_may_forward_its_message(self):
        clerk = self.spawn(Clerk, self.spawn(Other))
        self.assertEqual(clerk.ask.let_child_forward([]).result(TIMEOUT), "forwarded")

    def test_a_task_that_outlives_its_handler_has_no_message(self):
        clerk = self.spawn(Clerk, self.spawn(Other))
        clerk.ask.leave_child().result(TIMEOUT)
        clerk.ask.let_child_go_on().result(TIMEOUT)
        (error,) = clerk.ask.finish().result(TIMEOUT)[0]
        self.assertIn("is for the message at hand", error)


class Ending(WithDescriptor):
    def test_a_plain_stop_cancels_what_a_drain_lets_finish(self):
        sleeper = self.sleeper(concurrency=2)
        asked = sleeper.ask.sleep()
        self.wait()
        sleeper.stop(drain=True)
        self.assertFalse(sleeper.join(0.01))
        sleeper.stop()
        self.wait()
        self.assertTrue(sleeper.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            asked.result(TIMEOUT)

    def test_so_it_does_after_context_stop(self):
        sleeper = self.sleeper()
        asked = sleeper.ask.stop_and_sleep()
        self.wait()
        sleeper.stop()
        self.assertTrue(sleeper.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            asked.result(TIMEOUT)


class Limits(WithDescriptor):
    def assert_overdue(self, sleeper):
        self.assertTrue(sleeper.join(TIMEOUT))
        self.assertEqual(sleeper.reason, "failed")

    def test_of_what_a_timer_calls(self):
        for asynchronous in False, True:
            sleeper = self.sleeper(time_limit=0.05)
            sleeper.tell.start_timer(asynchronous)
            self.assert_overdue(sleeper)

    def test_of_what_hears_of_an_end(self):
        for asynchronous in False, True:
            sleeper, other = self.sleeper(time_limit=0.05), self.sleeper()
            sleeper.ask.watch(other, asynchronous).result(TIMEOUT)
            other.stop()
            self.assert_overdue(sleeper)


def main(system):
    support.run(globals())
