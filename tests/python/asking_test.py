# SPDX-License-Identifier: Apache-2.0
"""How long a request may take, and waiting for several."""

import asyncio
import threading

import support
import troupe
from concurrent import futures
from concurrent.futures import CancelledError
from support import TIMEOUT

SOON = 0.01  # seconds


class Limits(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.life, (self.hold, self.release) = self.spawn("actors.life", name="life"), self.gate()

    def ask_and_hold(self, **options):
        return self.life.options(**options).ask.hold_until(self.hold)

    def let_go(self):
        self.open_gate(self.release)
        self.assert_quiet()

    def test_a_request_that_takes_too_long_ends(self):
        future = self.ask_and_hold(timeout=SOON)
        with self.assertRaises(troupe.AskTimeout) as caught:
            future.result()
        self.assertEqual(
            str(caught.exception), "no answer from actor 'life' to 'hold_until' within 0.01 s"
        )
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertTrue(future.done())
        self.assertFalse(future.cancelled())
        self.assertFalse(future.cancel())
        self.let_go()
        with self.assertRaises(troupe.AskTimeout):
            future.result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"late_reply": 1})

    def test_the_systems_default_holds_for_requests_that_say_nothing(self):
        self.system.ask_timeout = SOON
        future = self.life.ask.hold_until(self.hold)
        self.system.ask_timeout = None
        with self.assertRaisesRegex(troupe.AskTimeout, "ask_timeout.*options"):
            future.result()
        self.let_go()

    def test_the_systems_default_is_a_minute_if_nothing_is_said(self):
        self.assertEqual(self.system.ask_timeout, 60)
        with troupe.System(workers=1, ask_timeout=2.5) as other:
            self.assertEqual(other.ask_timeout, 2.5)
            other.ask_timeout = None
            self.assertIsNone(other.ask_timeout)

    def test_a_request_may_have_no_limit(self):
        self.system.ask_timeout = 0
        future = self.ask_and_hold(timeout=None)
        with self.assertRaisesRegex(troupe.AskTimeout, "stays open"):
            future.result(timeout=SOON)
        self.let_go()
        self.assertIsNone(future.result())

    def test_a_wait_that_is_over_leaves_the_request_open(self):
        future = self.ask_and_hold(timeout=TIMEOUT)
        with self.assertRaisesRegex(troupe.AskTimeout, "'life' to 'hold_until' in 0.01 s"):
            future.result(timeout=SOON)
        with self.assertRaises(troupe.AskTimeout):
            future.exception(timeout=0)
        self.assertFalse(future.done())
        self.let_go()
        self.assertIsNone(future.result())

    def test_a_long_wait_ends_with_the_requests_own_limit(self):
        future = self.ask_and_hold(timeout=SOON)
        with self.assertRaisesRegex(troupe.AskTimeout, "within 0.01 s"):
            future.result(timeout=TIMEOUT)
        self.let_go()

    def test_exception_tells_of_the_limit(self):
        future = self.ask_and_hold(timeout=SOON)
        self.assertIsInstance(future.exception(), troupe.AskTimeout)
        self.let_go()

    def test_a_callback_is_told_of_the_limit(self):
        told = threading.Event()
        seen = []

        def note(future):
            seen.append(future.exception())
            told.set()

        self.ask_and_hold(timeout=SOON).add_done_callback(note)
        self.assertTrue(told.wait(TIMEOUT))
        self.assertIsInstance(seen[0], troupe.AskTimeout)
        self.let_go()

    def test_who_awaits_is_told_of_the_limit(self):
        async def ask():
            await self.ask_and_hold(timeout=SOON)

        with self.assertRaises(troupe.AskTimeout):
            asyncio.run(ask())
        self.let_go()

    def test_a_limit_of_nothing_ends_at_once(self):
        with self.assertRaises(troupe.AskTimeout):
            self.ask_and_hold(timeout=0).result()
        self.let_go()

    def test_bad_limits_are_refused_where_they_are_given(self):
        for bad, error in ((-1, ValueError), (float("nan"), ValueError), ("1", TypeError)):
            with self.subTest(bad), self.assertRaises(error):
                self.life.options(timeout=bad)
            with self.subTest(bad), self.assertRaises(error):
                self.system.ask_timeout = bad
            with self.subTest(bad), self.assertRaises(error):
                troupe.System(ask_timeout=bad)
        with self.assertRaises(TypeError):
            self.life.options(2.0)
        with self.assertRaises(TypeError):
            self.life.options(patience=1)

    def test_a_programs_entry_may_take_as_long_as_it_takes(self):
        from troupe import _system_file

        self.system.ask_timeout = 0
        entry = self.spawn("actors.echo")
        with self.assertRaises(troupe.AskTimeout):
            entry.ask.main([]).result()
        with self.assertRaisesRegex(_system_file.Unusable, "no handler main"):
            _system_file._ask_entry(
                {"entry": "echo", "path": "x.toml", "line": 1}, {"echo": entry}, []
            )


class Options(support.SystemTestCase):
    def test_a_ref_with_options_is_the_same_ref(self):
        echo = self.spawn("actors.echo", name="echo")
        quick = echo.options(timeout=TIMEOUT)
        self.assertEqual(quick, echo)
        self.assertEqual(hash(quick), hash(echo))
        self.assertEqual(quick.name, "echo")
        self.assertEqual(quick.ask("hello").result(), "hello")

    def test_it_arrives_as_a_plain_ref(self):
        self.system.ask_timeout = TIMEOUT
        echo = self.spawn("actors.echo")
        back = echo.ask(echo.options(timeout=0)).result()
        self.assertEqual(back, echo)
        self.assertEqual(back.ask("hello").result(), "hello")

    def test_options_of_options_keep_the_others(self):
        echo = self.spawn("actors.echo")
        again = echo.options(timeout=0).options()
        with self.assertRaises(troupe.AskTimeout):
            again.ask(1).result()
        self.assertEqual(again.options(timeout=TIMEOUT).ask(2).result(), 2)


class Several(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.echo = self.spawn("actors.echo", name="echo")

    def held(self, name=None):
        """(a future that isn't done, what to call to have it done)"""
        life, (hold, release) = self.spawn("actors.life", name=name), self.gate()
        return life.ask.hold_until(hold), lambda: self.open_gate(release)


class Gather(Several):
    def test_results_come_in_the_order_asked(self):
        asked = [self.echo.ask(n) for n in range(100)]
        self.assertEqual(troupe.gather(*asked), list(range(100)))

    def test_of_nothing_is_nothing(self):
        self.assertEqual(troupe.gather(), [])

    def test_one_future_twice(self):
        future = self.echo.ask("twice")
        self.assertEqual(troupe.gather(future, future), ["twice", "twice"])

    def test_the_first_that_raises_ends_it(self):
        held, let_go = self.held()
        with self.assertRaises(ZeroDivisionError):
            troupe.gather(held, self.echo.ask(1), self.echo.ask.divide(1, 0))
        self.assertFalse(held.done())
        let_go()
        self.assertIsNone(held.result(TIMEOUT))

    def test_exceptions_may_be_results(self):
        first, error, last = troupe.gather(
            self.echo.ask(1), self.echo.ask.divide(1, 0), self.echo.ask(2), return_exceptions=True
        )
        self.assertEqual((first, last), (1, 2))
        self.assertIsInstance(error, ZeroDivisionError)

    def test_a_cancelled_one_raises(self):
        held, let_go = self.held()
        held.cancel()
        with self.assertRaises(CancelledError):
            troupe.gather(self.echo.ask(1), held)
        let_go()

    def test_a_timeout_says_how_many_are_missing(self):
        held, let_go = self.held()
        with self.assertRaisesRegex(troupe.AskTimeout, "no answer to 1 of 2 requests in 0.01 s"):
            troupe.gather(self.echo.options(timeout=None).ask(1), held, timeout=SOON)
        let_go()

    def test_a_request_that_takes_too_long_is_an_exception_like_others(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        late = life.options(timeout=SOON).ask.hold_until(hold)
        one, error = troupe.gather(self.echo.ask(1), late, return_exceptions=True)
        self.assertEqual(one, 1)
        self.assertIsInstance(error, troupe.AskTimeout)
        self.open_gate(release)

    def test_requests_of_two_systems(self):
        with troupe.System(workers=1) as other:
            asked = self.echo.ask(1), other.spawn("actors.echo").ask(2)
            self.assertEqual(troupe.gather(*asked), [1, 2])

    def test_something_else_is_refused(self):
        with self.assertRaisesRegex(TypeError, "troupe.Future; not int"):
            troupe.gather(1)
        with self.assertRaisesRegex(TypeError, "troupe.Future; not list"):
            troupe.gather([self.echo.ask(1)])


class Wait(Several):
    def test_for_all(self):
        asked = [self.echo.ask(n) for n in range(10)]
        done, not_done = troupe.wait(asked)
        self.assertEqual((done, not_done), (set(asked), set()))

    def test_its_result_has_names(self):
        result = troupe.wait([self.echo.ask(1)], TIMEOUT)
        self.assertEqual(len(result.done), 1)
        self.assertEqual(result.not_done, set())

    def test_of_nothing_ends_at_once(self):
        for condition in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"):
            self.assertEqual(troupe.wait([], return_when=condition), (set(), set()))

    def test_for_the_first(self):
        held, let_go = self.held()
        answered = self.echo.ask(1)
        done, not_done = troupe.wait(
            [held, answered], return_when=troupe.FIRST_COMPLETED
        )
        self.assertEqual((done, not_done), ({answered}, {held}))
        let_go()

    def test_for_the_first_exception(self):
        held, let_go = self.held()
        one, broken = self.echo.ask(1), self.echo.ask.divide(1, 0)
        done, not_done = troupe.wait(
            [held, one, broken], return_when=troupe.FIRST_EXCEPTION
        )
        self.assertEqual((done, not_done), ({one, broken}, {held}))
        let_go()

    def test_a_cancelled_one_is_no_exception(self):
        held, let_go = self.held()
        held.cancel()
        one = self.echo.ask(1)
        done, _ = troupe.wait([held, one], TIMEOUT, troupe.FIRST_EXCEPTION)
        self.assertEqual(done, {held, one})
        let_go()

    def test_a_timeout_returns_what_there_is(self):
        held, let_go = self.held()
        one = self.echo.ask(1)
        one.result()
        done, not_done = troupe.wait([held, one], timeout=SOON)
        self.assertEqual((done, not_done), ({one}, {held}))
        let_go()
        self.assertEqual(troupe.wait([held], TIMEOUT), ({held}, set()))

    def test_the_words_of_concurrent_futures_will_do(self):
        done, _ = troupe.wait({self.echo.ask(1)}, return_when=futures.FIRST_COMPLETED)
        self.assertEqual(len(done), 1)

    def test_bad_arguments_are_refused(self):
        with self.assertRaisesRegex(TypeError, "in a list; not one"):
            troupe.wait(self.echo.ask(1))
        with self.assertRaisesRegex(TypeError, "not str"):
            troupe.wait(["soon"])
        with self.assertRaisesRegex(ValueError, "no such condition"):
            troupe.wait([], return_when="SOON")


class AsCompleted(Several):
    def test_each_comes_once_when_it_is_done(self):
        first, let_go_first = self.held()
        second, let_go_second = self.held()
        completed = troupe.as_completed([first, second, first], TIMEOUT)
        let_go_second()
        self.assertIs(next(completed), second)
        let_go_first()
        self.assertEqual(list(completed), [first])

    def test_those_that_are_done_come_first_and_in_order(self):
        held, let_go = self.held()
        done = [self.echo.ask(n) for n in range(5)]
        troupe.wait(done)
        completed = troupe.as_completed([held, *reversed(done)])
        self.assertEqual([next(completed) for _ in done], done[::-1])
        let_go()
        self.assertEqual(list(completed), [held])

    def test_of_nothing_is_nothing(self):
        self.assertEqual(list(troupe.as_completed([])), [])

    def test_it_takes_any_iterable(self):
        results = {f.result() for f in troupe.as_completed(self.echo.ask(n) for n in range(50))}
        self.assertEqual(results, set(range(50)))

    def test_a_timeout_raises_and_the_requests_stay_open(self):
        held, let_go = self.held()
        with self.assertRaisesRegex(troupe.AskTimeout, "1 of 1 requests"):
            next(troupe.as_completed([held], timeout=SOON))
        let_go()
        self.assertEqual(next(troupe.as_completed([held], TIMEOUT)), held)

    def test_bad_arguments_are_refused_at_once(self):
        with self.assertRaisesRegex(TypeError, "not int"):
            troupe.as_completed([7])


class InHandlers(Several):
    workers = 1

    def setUp(self):
        super().setUp()
        self.asker = self.spawn("actors.asker", name="asker")

    def test_gather_lets_others_go_on(self):
        others = [self.spawn("actors.echo") for _ in range(3)]
        self.assertEqual(self.asker.ask.gather(others, "hello").result(TIMEOUT), ["hello"] * 3)

    def test_wait_for_the_first_lets_others_go_on(self):
        (hold, release), (never, at_last) = self.gate(), self.gate()
        a, b = self.spawn("actors.life", name="a"), self.spawn("actors.life", name="b")
        answer = self.asker.ask.first_of([(a, never), (b, hold)])
        self.open_gate(release)
        self.assertEqual(answer.result(TIMEOUT), ["b"])
        self.open_gate(at_last)

    def test_a_kill_ends_a_gather(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        future = self.asker.ask.gather_held(life, hold)
        self.asker.kill()
        with self.assertRaises(troupe.ActorStopped):
            future.result(TIMEOUT)
        self.assertTrue(self.asker.join(TIMEOUT))
        self.open_gate(release)

    def test_a_gather_that_waits_for_itself_is_told(self):
        cycle = self.asker.ask.wait_for_me_too(self.echo).result(TIMEOUT)
        self.assertEqual(cycle, (self.asker,))

    def test_a_wait_that_can_end_without_this_actor_is_no_deadlock(self):
        answers = self.asker.ask.wait_for_one_of(self.echo).result(TIMEOUT)
        self.assertEqual(answers, ["hello"])


class InAsyncio(Several):
    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, TIMEOUT))

    def test_gather(self):
        async def ask():
            return await asyncio.gather(
                self.echo.ask(1), self.echo.ask.divide(1, 0), return_exceptions=True
            )

        one, error = self.run_async(ask())
        self.assertEqual(one, 1)
        self.assertIsInstance(error, ZeroDivisionError)

    def test_as_completed(self):
        held, let_go = self.held()

        async def ask():
            seen = []
            for each in asyncio.as_completed([held, self.echo.ask(1)], timeout=TIMEOUT):
                seen.append(await each)
                let_go()
            return seen

        self.assertEqual(self.run_async(ask()), [1, None])

    def test_wait_for_cancels_what_takes_too_long(self):
        held, let_go = self.held()

        async def ask():
            self.assertEqual(await asyncio.wait_for(self.echo.ask(1), TIMEOUT), 1)
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(held, SOON)

        self.run_async(ask())
        self.assertTrue(held.cancelled())
        let_go()

    def test_shield_keeps_the_request(self):
        held, let_go = self.held()

        async def ask():
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(held), SOON)
            self.assertFalse(held.cancelled())
            let_go()
            return await held

        self.assertIsNone(self.run_async(ask()))

    def test_ensure_future_makes_a_task_which_asyncio_wait_takes(self):
        held, let_go = self.held()

        async def ask():
            tasks = [asyncio.ensure_future(f) for f in (held, self.echo.ask(1))]
            done, pending = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
            self.assertEqual([task.result() for task in done], [1])
            let_go()
            await asyncio.wait(pending)

        self.run_async(ask())

    def test_a_task_group(self):
        async def ask():
            async def one(n):
                return await self.echo.ask(n)

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(n)) for n in range(10)]
            return [task.result() for task in tasks]

        self.assertEqual(self.run_async(ask()), list(range(10)))

    def test_one_future_awaited_twice(self):
        held, let_go = self.held()

        async def ask():
            async def one():
                return await held

            both = asyncio.gather(one(), one())
            await asyncio.sleep(0)
            let_go()
            return await both

        self.assertEqual(self.run_async(ask()), [None, None])


def main(system):
    support.run(globals())
