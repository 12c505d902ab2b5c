# SPDX-License-Identifier: Apache-2.0
"""Async handlers that await each other's answers for ever are told."""

import asyncio

import support
import troupe
from support import TIMEOUT


class Link:
    """Awaits the next of `others`, which is told to await the one after it."""

    def __init__(self):
        self.replies = []

    @troupe.handler
    async def along(self, others):
        if not others:
            return 0
        return 1 + await others[0].ask.along(others[1:])

    @troupe.handler
    async def along_later(self, others):
        await asyncio.sleep(0)
        return await self.along(others)

    @troupe.handler
    def block_along(self, others):
        return 1 + others[0].ask.along(others[1:]).result()

    @troupe.handler
    async def along_in_time(self, others, seconds):
        """Its wait ends by itself: that is no deadlock."""
        try:
            await asyncio.wait_for(others[0].ask.along(others[1:]), seconds)
        except TimeoutError:
            return "gave up"

    @troupe.handler
    async def along_or(self, others):
        """One of two: the other one comes."""
        waits = asyncio.ensure_future(self.along(others))
        await asyncio.wait(
            [waits, asyncio.create_task(asyncio.sleep(0.01))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        waits.cancel()
        return "the other"

    @troupe.handler
    async def answer_in_background(self):
        """Answered by a task, whatever this actor's handlers do."""
        reply = troupe.context.reply_later()

        async def answer():
            await asyncio.sleep(0.01)
            reply.answer("from behind")

        self.task = asyncio.create_task(answer())

    @troupe.handler
    async def ask_for_mine(self, other, me):
        return await other.ask.ask_background(me)

    @troupe.handler
    async def ask_background(self, other):
        return await other.ask.answer_in_background()


class StartsInVain:
    async def started(self):
        await self.asked.ask.along([troupe.context.self])

    def __init__(self, asked):
        self.asked = asked


class AsyncDeadlocks(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.system.ask_timeout = TIMEOUT

    def actors(self, names, **kwargs):
        return [self.spawn(Link, name=name, **kwargs) for name in names]

    def cycle_of(self, future):
        """The names, from the smallest on: which of them was told may vary."""
        with self.assertRaises(troupe.DeadlockError) as caught:
            future.result()
        names = [ref.name for ref in caught.exception.cycle]
        self.words = str(caught.exception)
        least = names.index(min(names))
        return names[least:] + names[:least]

    def test_one_that_awaits_itself(self):
        (a,) = self.actors("a")
        self.assertEqual(self.cycle_of(a.ask.along([a])), ["a"])
        self.assertIn("'a' waits for itself;", self.words)

    def test_two_that_await_each_other(self):
        for handler in "along", "along_later":
            a, b = self.actors([handler + "1", handler + "2"])
            asked = getattr(a.ask, handler)([b, a])
            self.assertEqual(self.cycle_of(asked), [a.name, b.name])
            self.assertIn("which waits for '", self.words)
            self.assertIn("spawn(concurrency=N)", self.words)

    def test_a_ring_of_five(self):
        ring = self.actors("abcde")
        asked = ring[0].ask.along([*ring[1:], ring[0]])
        self.assertEqual(self.cycle_of(asked), list("abcde"))

    def test_in_one_home(self):
        a, b = self.actors("ab", home=troupe.shared("x"))
        self.assertEqual(self.cycle_of(a.ask.along([b, a])), ["a", "b"])
        self.assertIn("which waits for '", self.words)

    def test_one_that_blocks_in_the_ring(self):
        a, b = self.actors("ab")
        self.assertEqual(self.cycle_of(a.ask.block_along([b, a])), ["a", "b"])
        self.assertEqual(self.cycle_of(b.ask.along([a, b])), ["a", "b"])

    def test_all_of_them_live_on(self):
        ring = self.actors("abc")
        for _ in range(3):
            self.cycle_of(ring[0].ask.along([*ring[1:], ring[0]]))
        self.assertEqual(ring[0].ask.along(ring[1:]).result(TIMEOUT), 2)

    def test_with_room_for_another_message_there_is_no_deadlock(self):
        a, b = self.actors("ab", concurrency=2)
        self.assertEqual(a.ask.along([b, a]).result(TIMEOUT), 2)
        self.assertEqual(a.ask.along([b, a, b]).result(TIMEOUT), 3)

    def test_when_all_its_handlers_wait_there_is(self):
        (a,) = self.actors("a", concurrency=3)
        self.assertEqual(a.ask.along([a, a]).result(TIMEOUT), 2)
        self.assertEqual(set(self.cycle_of(a.ask.along([a, a, a]))), {"a"})

    def test_a_wait_with_a_timeout_ends_by_it(self):
        a, b = self.actors("ab")
        self.assertEqual(a.ask.along_in_time([b, a], 0.01).result(TIMEOUT), "gave up")

    def test_a_wait_for_one_of_several_is_none(self):
        a, b = self.actors("ab")
        self.assertEqual(a.ask.along_or([b, a]).result(TIMEOUT), "the other")

    def test_an_answer_that_a_background_task_owes_may_come(self):
        a, b = self.actors("ab")
        asked = a.ask.ask_for_mine(b, a)
        # Its request waits behind the handler that awaits it, in the end.
        self.assertEqual(self.cycle_of(asked), ["a", "b"])
        waiting = a.ask.answer_in_background()
        self.assertEqual(waiting.result(TIMEOUT), "from behind")

    def test_started_that_awaits_one_that_awaits_it(self):
        (a,) = self.actors("a")
        with self.assertRaisesRegex(troupe.SpawnError, "would never end") as caught:
            self.spawn(StartsInVain, a)
        self.assertIsInstance(caught.exception.__cause__, troupe.DeadlockError)

    def test_many_at_the_same_time_all_come_to_an_end(self):
        ring = self.actors("abcdefgh")
        asked = [
            ring[i].ask.along([ring[(i + k) % 8] for k in range(1, 9)]) for i in range(8)
        ]
        for each in asked:
            self.assertIsInstance(each.exception(TIMEOUT), (troupe.DeadlockError, type(None)))
        self.assert_quiet()


def main(system):
    support.run(globals())
