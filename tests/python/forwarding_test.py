# SPDX-License-Identifier: Apache-2.0
"""Requests that another actor answers, or that are answered later; answers that
are sent on; requests that nobody wants any more; those with priority."""

import support
import troupe
from concurrent.futures import CancelledError
from support import TIMEOUT

SOON = 0.01  # seconds


class WithAClerk(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.echo = self.spawn("actors.echo", name="echo")
        self.clerk = self.spawn("actors.clerk", name="clerk")
        self.clerk.tell.hand_on_to(self.echo)

    def held(self):
        """A life that handles a message until the gate is opened; its name is
        life, and what it has to do is told to the echo."""
        life, (hold, release) = self.spawn("actors.life", self.echo), self.gate()
        life.tell.hold_until(hold)
        return life, lambda: self.open_gate(release)

    def history(self):
        self.assert_quiet()
        return self.echo.ask.history().result(TIMEOUT)


class Forward(WithAClerk):
    def test_a_message_as_it_is(self):
        self.assertEqual(self.clerk.ask.add(1, 2, c=3).result(TIMEOUT), 6)
        self.assertEqual(self.clerk.ask(["any", "message"]).result(TIMEOUT), ["any", "message"])

    def test_the_exception_goes_to_who_asked(self):
        with self.assertRaises(ZeroDivisionError):
            self.clerk.ask.divide(1, 0).result(TIMEOUT)
        self.assertTrue(self.clerk.alive)

    def test_another_handler_and_other_arguments(self):
        self.assertEqual(self.clerk.ask.sum_of([1, 2]).result(TIMEOUT), 103)
        self.assertEqual(self.clerk.ask.echo_of("x").result(TIMEOUT), ["x"])

    def test_the_sender_stays_who_it_was(self):
        inner, teller = self.spawn("actors.inner"), self.spawn("actors.inner", name="teller")
        self.clerk.tell.hand_on_to(inner)
        teller.ask.tell_me(self.clerk).result(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(inner.ask.who_told().result(TIMEOUT), teller)

    def test_what_was_told_is_told(self):
        self.clerk.tell("told")
        self.assertEqual(self.history(), ["told"])
        self.assertEqual(self.system.dead_letters(), {})

    def test_to_an_actor_that_has_ended(self):
        self.echo.stop()
        self.assertTrue(self.echo.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            self.clerk.ask("hello").result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"stopped": 1})

    def test_bad_targets_are_refused(self):
        for bad in ("echo", 7, None):
            with self.subTest(bad), self.assertRaisesRegex(TypeError, "ref.tell.HANDLER"):
                self.clerk.ask.forward_badly(bad).result(TIMEOUT)

    def test_once_only(self):
        self.assertEqual(self.clerk.ask.forward_twice().result(TIMEOUT), 1)
        self.assertTrue(self.clerk.join(TIMEOUT))  # nobody else could be told

    def test_outside_of_a_handler_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "message at hand"):
            troupe.context.forward(self.echo)

    def test_an_async_handler_forwards_too(self):
        self.assertEqual(self.clerk.ask.forward_at_once(5).result(TIMEOUT), 5)

    def test_an_async_handler_that_has_waited_forwards_its_own_message(self):
        clerk = self.spawn("actors.clerk", concurrency=10)
        clerk.tell.hand_on_to(self.echo)
        asked = []
        for n in range(20):  # so that others are at hand when these go on
            asked.append(clerk.ask.forward_after_waiting(n))
            asked.append(clerk.ask.forward_at_once(n))
            asked.append(clerk.ask.add(n))
        answers = troupe.gather(*asked, timeout=TIMEOUT)
        for n in range(20):
            self.assertEqual(answers[3 * n : 3 * n + 3], [n, n, n])

    def test_who_forwarded_may_wait_for_the_same_actor(self):
        self.assertEqual(self.clerk.ask.forward_and_wait(self.echo).result(TIMEOUT), 1)

    def test_the_limit_of_the_request_goes_on(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        self.clerk.tell.hand_on_to(life)
        life.tell.hold_until(hold)
        future = self.clerk.options(timeout=SOON).ask("too late")
        with self.assertRaises(troupe.AskTimeout):
            future.result()
        self.open_gate(release)


class ReplyLater(WithAClerk):
    def test_another_handler_answers(self):
        futures = [self.clerk.ask.keep() for _ in range(3)]
        for n in range(3):
            self.clerk.tell.answer(n)
        self.assertEqual(troupe.gather(*futures, timeout=TIMEOUT), [0, 1, 2])

    def test_a_callback_answers(self):
        self.assertEqual(self.clerk.ask.answer_with("x").result(TIMEOUT), "x")

    def test_an_exception_as_the_answer(self):
        future = self.clerk.ask.keep()
        self.clerk.tell.fail_kept(KeyError("lost"))
        with self.assertRaisesRegex(KeyError, "lost"):
            future.result(TIMEOUT)

    def test_a_handler_that_raises_after_it_has_answered_so(self):
        future = self.clerk.ask.keep_and_fail()
        with self.assertRaisesRegex(ValueError, "after reply_later"):
            future.result(TIMEOUT)
        self.assertEqual(self.clerk.ask.wanted().result(TIMEOUT), [False])

    def test_one_that_is_let_go_of_is_an_error_at_the_asker(self):
        future = self.clerk.ask.keep()
        self.clerk.tell.let_go()
        with self.assertRaisesRegex(troupe.TroupeError, "let go of the request"):
            future.result(TIMEOUT)

    def test_the_end_of_the_actor_is_told_to_the_asker(self):
        for home in ("own", troupe.shared("x"), "main"):
            for end in ("stop", "kill"):
                with self.subTest(home=home, end=end):
                    clerk = self.spawn("actors.clerk", home=home)
                    future = clerk.ask.keep()
                    clerk.ask.wanted().result(TIMEOUT)
                    getattr(clerk, end)()
                    with self.assertRaises(troupe.ActorStopped):
                        future.result(TIMEOUT)

    def test_a_second_answer_is_refused(self):
        future = self.clerk.ask.keep()
        with self.assertRaisesRegex(RuntimeError, "answered already"):
            self.clerk.ask.answer_twice("once").result(TIMEOUT)
        self.assertEqual(future.result(TIMEOUT), "once")

    def test_an_answer_that_comes_too_late_is_counted(self):
        future = self.clerk.ask.keep()
        self.assertEqual(self.clerk.ask.wanted().result(TIMEOUT), [True])
        future.cancel()
        self.assertEqual(self.clerk.ask.wanted().result(TIMEOUT), [False])
        self.clerk.ask.answer("late").result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"late_reply": 1})

    def test_what_cant_be_sent_can_be_answered_otherwise(self):
        future = self.clerk.ask.keep()
        self.clerk.tell.answer_badly_first("fine")
        self.assertEqual(future.result(TIMEOUT), "fine")

    def test_to_a_message_that_was_told_it_does_nothing(self):
        self.clerk.tell.keep()
        self.assertEqual(self.clerk.ask.wanted().result(TIMEOUT), [False])
        self.assertIn("nobody asked", self.clerk.ask.describe().result(TIMEOUT)[0])
        self.clerk.ask.answer("nothing").result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {})

    def test_once_for_each_message_and_not_together_with_forward(self):
        self.assertIn("comes too late", self.clerk.ask.keep_twice().result(TIMEOUT))
        self.assertIn("reply_later", self.clerk.ask.keep_and_forward().result(TIMEOUT))

    def test_it_cant_be_made_by_hand(self):
        with self.assertRaises(TypeError):
            troupe.Reply()


class PipeTo(WithAClerk):
    def setUp(self):
        super().setUp()
        self.reader = self.spawn("actors.clerk", name="reader")

    def noted(self):
        self.assert_quiet()
        return self.reader.ask.noted().result(TIMEOUT)

    def test_an_answer_is_the_argument(self):
        self.echo.ask(["an", "answer"]).pipe_to(self.reader.tell.note)
        self.echo.ask.nothing().pipe_to(self.reader.tell.note)
        self.assertEqual(self.noted(), [(["an", "answer"], None), (None, None)])

    def test_an_answer_is_the_message(self):
        self.echo.ask.add(1, 2).pipe_to(self.echo.tell)
        self.assertEqual(self.history(), [3])

    def test_an_answer_that_is_there_already(self):
        future = self.echo.ask("here")
        future.result(TIMEOUT)
        future.pipe_to(self.reader.tell.note)
        self.assertEqual(self.noted(), [("here", None)])
        self.assertEqual(future.result(), "here")

    def test_it_comes_from_the_actor_that_piped_it(self):
        self.clerk.ask.pipe(self.echo, "x", self.reader).result(TIMEOUT)
        self.assertEqual(self.noted(), [("x", self.clerk)])

    def test_it_comes_even_when_that_actor_has_ended(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        future = life.ask.hold_until(hold)
        future.pipe_to(self.reader.tell.note)
        del future
        self.open_gate(release)
        self.assertEqual(self.noted(), [(None, None)])

    def test_an_exception_goes_to_on_error(self):
        self.echo.ask.divide(1, 0).pipe_to(self.echo.tell, on_error=self.reader.tell.note)
        ((error, _),) = self.noted()
        self.assertIsInstance(error, ZeroDivisionError)
        self.assertEqual(self.history(), [])

    def test_a_timeout_goes_to_on_error(self):
        life, let_go = self.held()
        late = life.options(timeout=SOON).ask.work(1)
        late.pipe_to(self.echo.tell, on_error=self.reader.tell.note)
        self.assertIsInstance(late.exception(), troupe.AskTimeout)
        let_go()
        ((error, _),) = self.noted()
        self.assertIsInstance(error, troupe.AskTimeout)
        self.assertIn("to 'work' within 0.01 s", str(error))

    def test_an_exception_that_nobody_is_to_get_is_counted(self):
        self.echo.ask.divide(1, 0).pipe_to(self.reader.tell.note)
        self.assertEqual(self.noted(), [])
        self.assertEqual(self.system.dead_letters(), {"failed": 1})

    def test_to_an_actor_that_has_ended(self):
        self.reader.stop()
        self.assertTrue(self.reader.join(TIMEOUT))
        self.echo.ask(1).pipe_to(self.reader.tell.note)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"stopped": 1})

    def test_bad_targets_are_refused(self):
        future = self.echo.ask(1)
        for bad in (self.reader, self.reader.ask.note, print):
            with self.assertRaisesRegex(TypeError, "ref.tell.HANDLER"):
                future.pipe_to(bad)
            with self.assertRaisesRegex(TypeError, "on_error"):
                future.pipe_to(self.echo.tell, on_error=bad)


class Unwanted(WithAClerk):
    def test_a_cancelled_request_that_waits_is_skipped(self):
        life, let_go = self.held()
        first, second = life.ask.work(1), life.ask.work(2)
        self.assertTrue(first.cancel())
        let_go()
        second.result(TIMEOUT)
        self.assertEqual(self.history(), ["life started", "life work 2"])
        self.assertEqual(self.system.dead_letters(), {"cancelled": 1})
        with self.assertRaises(CancelledError):
            first.result()

    def test_a_request_whose_time_is_over_is_skipped(self):
        life, let_go = self.held()
        late = life.options(timeout=SOON).ask.work(1)
        with self.assertRaises(troupe.AskTimeout):
            late.result()
        let_go()
        self.assertEqual(self.history(), ["life started"])
        self.assertEqual(self.system.dead_letters(), {"cancelled": 1})

    def test_nobody_has_to_look_for_its_time_to_be_over(self):
        life, let_go = self.held()
        life.options(timeout=0).ask.work(1)
        let_go()
        self.assertEqual(self.history(), ["life started"])


class Priority(WithAClerk):
    def test_messages_with_priority_overtake_the_others(self):
        life, let_go = self.held()
        urgent = life.options(priority=True)
        life.tell.work(1)
        urgent.tell.work(2)
        life.tell.work(3)
        urgent.ask.work(4)
        let_go()
        works = ["life work 2", "life work 4", "life work 1", "life work 3"]
        self.assertEqual(self.history(), ["life started", *works])

    def test_it_is_kept_by_other_options_and_taken_back(self):
        life, let_go = self.held()
        urgent = life.options(priority=True).options(timeout=TIMEOUT)
        life.tell.work(1)
        urgent.tell.work(2)
        urgent.options(priority=False).tell.work(3)
        let_go()
        works = [f"life work {n}" for n in (2, 1, 3)]
        self.assertEqual(self.history(), ["life started", *works])


def main(system):
    support.run(globals())
