# SPDX-License-Identifier: Apache-2.0
"""Tell, ask, futures, errors that cross."""

import asyncio
import threading

import support
import troupe
from concurrent.futures import CancelledError
from support import TIMEOUT

from actors.shapes import Fussy


class Asking(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.echo = self.spawn("actors.echo", name="echo")

    def test_a_message_comes_back_from_receive(self):
        for message in (None, 7, "text", (1, [2, {"three": 3.0}]), b"bytes"):
            self.assertEqual(self.echo.ask(message).result(TIMEOUT), message)

    def test_a_handler_gets_its_arguments_as_they_were_written(self):
        ask = self.echo.ask
        self.assertEqual(ask.add(1).result(TIMEOUT), 1)
        self.assertEqual(ask.add(1, 2).result(TIMEOUT), 3)
        self.assertEqual(ask.add(1, c=3).result(TIMEOUT), 4)
        self.assertEqual(ask.add(a=1, b=2, c=3).result(TIMEOUT), 6)
        self.assertIsNone(ask.nothing().result(TIMEOUT))

    def test_a_wrong_argument_list_is_a_type_error_at_the_asker(self):
        with self.assertRaisesRegex(TypeError, "missing 1 required"):
            self.echo.ask.add().result(TIMEOUT)

    def test_a_handlers_exception_is_raised_at_the_asker(self):
        with self.assertRaises(ZeroDivisionError) as caught:
            self.echo.ask.divide(1, 0).result(TIMEOUT)
        self.assertIn("return a / b", str(caught.exception.__cause__))
        self.assertTrue(self.echo.alive)
        self.assertEqual(self.echo.ask.divide(6, 3).result(TIMEOUT), 2)

    def test_an_exception_that_cant_be_rebuilt_is_a_remote_error(self):
        with self.assertRaises(troupe.RemoteError) as caught:
            self.echo.ask.fail_oddly().result(TIMEOUT)
        self.assertIn("Local", caught.exception.type_name)
        self.assertIn("that nobody can import", str(caught.exception))

    def test_exception_gives_the_error_or_none(self):
        self.assertIsNone(self.echo.ask.add(1).exception(TIMEOUT))
        error = self.echo.ask.divide(1, 0).exception(TIMEOUT)
        self.assertIsInstance(error, ZeroDivisionError)

    def test_a_result_that_cant_be_sent_is_a_type_error_at_the_asker(self):
        with self.assertRaisesRegex(TypeError, "lock"):
            self.echo.ask.unsendable().result(TIMEOUT)

    def test_an_unknown_handler_is_named_and_the_others_are_listed(self):
        with self.assertRaisesRegex(troupe.TroupeError, "substract.*divide"):
            self.echo.ask.substract(1, 2).result(TIMEOUT)
        with self.assertRaisesRegex(troupe.TroupeError, "not_a_handler"):
            self.echo.ask.not_a_handler().result(TIMEOUT)

    def test_an_actor_without_receive_says_so(self):
        state = self.spawn("actors.state")
        with self.assertRaisesRegex(troupe.TroupeError, "receive"):
            state.ask("hello").result(TIMEOUT)

    def test_the_same_result_object_each_time(self):
        future = self.echo.ask([1, 2])
        self.assertIs(future.result(TIMEOUT), future.result(TIMEOUT))

    def test_no_answer_in_time_is_a_timeout(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        future = life.ask.hold_until(hold)
        with self.assertRaises(TimeoutError):
            future.result(timeout=0)
        with self.assertRaises(troupe.AskTimeout):
            future.exception(timeout=0.01)
        self.assertFalse(future.done())
        self.open_gate(release)
        self.assertIsNone(future.result(TIMEOUT))

    def test_a_cancelled_future_raises_and_its_late_answer_is_counted(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        future = life.ask.hold_until(hold)
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        with self.assertRaises(CancelledError):
            future.result(TIMEOUT)
        self.open_gate(release)
        self.assert_quiet()
        self.assertIn(self.system.dead_letters(), ({"late_reply": 1}, {"cancelled": 1}))

    def test_an_answer_that_is_there_cant_be_cancelled(self):
        future = self.echo.ask(1)
        future.result(TIMEOUT)
        self.assertFalse(future.cancel())
        self.assertEqual(future.result(), 1)

    def test_a_bad_timeout_is_refused(self):
        future = self.echo.ask(1)
        with self.assertRaises(ValueError):
            future.result(timeout=float("nan"))
        with self.assertRaises(TypeError):
            future.result(timeout="soon")
        self.assertEqual(future.result(timeout=1e300), 1)

    def test_a_done_callback_runs_once_early_or_late(self):
        seen = []
        called = threading.Event()

        def note(future):
            seen.append(future.result())
            called.set()

        future = self.echo.ask(1)
        future.add_done_callback(note)
        self.assertTrue(called.wait(TIMEOUT))
        future.add_done_callback(note)
        self.assertEqual(seen, [1, 1])

    def test_many_asks_from_many_threads(self):
        failures = []

        def ask(base):
            for i in range(200):
                if self.echo.ask.add(base, i).result(TIMEOUT) != base + i:
                    failures.append((base, i))

        threads = [threading.Thread(target=ask, args=(n * 1000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


class Telling(support.SystemTestCase):
    def test_messages_arrive_in_the_order_sent(self):
        echo = self.spawn("actors.echo")
        for i in range(1000):
            echo.tell(i)
        self.assertEqual(echo.ask.history().result(TIMEOUT), list(range(1000)))

    def test_a_message_is_a_copy(self):
        echo = self.spawn("actors.echo")
        message = [1]
        echo.tell(message)
        message.append(2)
        self.assertEqual(echo.ask.history().result(TIMEOUT), [[1]])

    def test_what_cant_be_sent_fails_at_the_sender_with_its_path(self):
        echo = self.spawn("actors.echo")
        with self.assertRaisesRegex(TypeError, r"message\['rows'\]\[1\]"):
            echo.tell({"rows": [1, threading.Lock()]})
        with self.assertRaisesRegex(TypeError, r"argument 'b'"):
            echo.tell.add(1, b=threading.Lock())

    def test_tell_takes_one_message(self):
        echo = self.spawn("actors.echo")
        with self.assertRaisesRegex(TypeError, "takes one message"):
            echo.tell(1, 2)
        with self.assertRaisesRegex(TypeError, "takes one message"):
            echo.ask()

    def test_a_tell_that_no_handler_takes_is_a_dead_letter(self):
        echo = self.spawn("actors.echo")
        echo.tell.no_such_handler(1)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"no_handler": 1})
        self.assertTrue(echo.alive)

    def test_what_cant_be_rebuilt_is_a_dead_letter_and_the_actor_lives(self):
        echo = self.spawn("actors.echo")
        echo.tell(Fussy())
        with self.assertRaisesRegex(ValueError, "not here"):
            echo.ask.add(1, Fussy()).result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"undecodable": 2})
        self.assertEqual(echo.ask("alive").result(TIMEOUT), "alive")

    def test_a_full_mailbox_refuses_at_the_sender(self):
        life = self.spawn("actors.life", mailbox=2, overflow="fail")
        hold, release = self.gate()
        held = life.ask.hold_until(hold)
        with self.assertRaisesRegex(troupe.MailboxFull, "2 messages"):
            for i in range(4):
                life.tell.work(i)
        self.open_gate(release)
        held.result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"mailbox_full": 1})


class InAsyncio(support.SystemTestCase):
    def test_futures_can_be_awaited(self):
        echo = self.spawn("actors.echo")

        async def ask_all():
            return await asyncio.gather(*(echo.ask(i) for i in range(100)))

        self.assertEqual(asyncio.run(ask_all()), list(range(100)))

    def test_an_awaited_future_raises_what_the_handler_raised(self):
        echo = self.spawn("actors.echo")

        async def divide():
            await echo.ask.divide(1, 0)

        with self.assertRaises(ZeroDivisionError):
            asyncio.run(divide())

    def test_a_cancelled_task_cancels_the_request(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()

        async def wait_a_little():
            future = life.ask.hold_until(hold)
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await future
            return future.cancelled()

        self.assertTrue(asyncio.run(wait_a_little()))
        self.open_gate(release)

    def test_a_cancelled_future_cancels_who_awaits_it(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()

        async def wait_and_cancel():
            future = life.ask.hold_until(hold)
            asyncio.get_running_loop().call_soon(future.cancel)
            await future

        with self.assertRaises(asyncio.CancelledError):
            asyncio.run(wait_and_cancel())
        self.open_gate(release)

    def test_awaiting_outside_of_a_loop_is_refused(self):
        life, (hold, release) = self.spawn("actors.life"), self.gate()
        future = life.ask.hold_until(hold)
        with self.assertRaisesRegex(RuntimeError, "loop"):
            future.__await__().send(None)
        self.open_gate(release)


class Refs(support.SystemTestCase):
    def test_refs_are_equal_hashable_and_sendable(self):
        echo = self.spawn("actors.echo", name="echo")
        back = echo.ask(echo).result(TIMEOUT)
        self.assertEqual(back, echo)
        self.assertEqual(hash(back), hash(echo))
        self.assertEqual(len({back, echo}), 1)
        self.assertNotEqual(echo, self.spawn("actors.echo"))
        self.assertNotEqual(echo, "echo")
        self.assertEqual(repr(echo), "<troupe.Ref 'echo'>")

    def test_a_ref_cant_be_made_by_hand(self):
        with self.assertRaises(TypeError):
            troupe.Ref()

    def test_a_ref_takes_a_type_argument(self):
        self.assertEqual(str(troupe.Ref[int]), "troupe.Ref[int]")


class BetweenActors(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.inner = self.spawn("actors.inner", name="inner")
        self.echo = self.spawn("actors.echo", name="echo")

    def ask(self, name, *args):
        return getattr(self.inner.ask, name)(*args).result(TIMEOUT)

    def test_context_knows_the_actor(self):
        name, me, sender, closing = self.ask("about_me")
        self.assertEqual((name, me, sender, closing), ("inner", self.inner, None, False))

    def test_the_receiver_knows_the_sender(self):
        other = self.spawn("actors.inner")
        self.ask("tell_me", other)
        self.assertEqual(other.ask.who_told().result(TIMEOUT), self.inner)

    def test_an_actor_waits_for_another_without_holding_the_others_up(self):
        self.assertEqual(self.ask("forward", self.echo, (1, 2)), (1, 2))

    def test_a_chain_of_waiting_actors_longer_than_the_workers(self):
        chain = [self.spawn("actors.shapes:Link") for _ in range(5)]
        self.assertEqual(chain[0].ask.follow(chain[1:]).result(TIMEOUT), 5)

    def test_an_actor_that_would_wait_for_itself_is_told(self):
        with self.assertRaisesRegex(troupe.DeadlockError, "waits for itself"):
            self.ask("ask_myself")

    def test_a_callback_runs_on_the_actors_own_turn(self):
        self.ask("ask_with_callback", self.echo, "late")
        self.assert_quiet()
        self.assertEqual(self.ask("collected"), ["late"])

    def test_an_async_handler_awaits_other_actors(self):
        self.assertEqual(self.ask("forward_in_loop", self.echo, [1, 2, 3]), [1, 2, 3])

    def test_an_actor_spawns_another(self):
        child = self.ask("spawn_echo", "child")
        self.assertEqual(child.name, "child")
        self.assertEqual(child.ask("hello").result(TIMEOUT), "hello")

    def test_an_actor_makes_no_system_of_its_own(self):
        with self.assertRaisesRegex(RuntimeError, "context.system"):
            self.ask("make_system")

    def test_context_outside_of_a_handler_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "handlers"):
            troupe.context.name


def main(system):
    support.run(globals())
