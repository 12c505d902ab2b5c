# SPDX-License-Identifier: Apache-2.0
"""troupe.testing, tested."""

import asyncio
import os
import time
import unittest

import support
import troupe
from troupe.testing import ActorTestCase, Probe, TestSystem, call, interleavings, seeds

from actors.bank import Account, Clerk


def race(seed):
    """Two clerks deposit at once; answers the balance and the trace."""
    with TestSystem(seed) as system:
        account = system.spawn(Account)
        clerks = [system.spawn(Clerk) for _ in range(2)]
        for clerk in clerks:
            clerk.tell.deposit(account, 1)
        system.run()
        return account.ask.get().result(), system.trace


class Interleavings(unittest.TestCase):
    def test_a_seed_replays_an_interleaving_others_give_others(self):
        traces = {seed: [str(entry) for entry in race(seed)[1]] for seed in range(8)}
        for seed in range(8):
            self.assertEqual([str(entry) for entry in race(seed)[1]], traces[seed])
        self.assertGreater(len({tuple(trace) for trace in traces.values()}), 2)

    def test_some_seed_finds_a_planted_race_and_replays_it(self):
        balances = {seed: race(seed)[0] for seed in seeds(40)}
        lost = [seed for seed, balance in balances.items() if balance == 1]
        self.assertEqual(set(balances.values()), {1, 2})
        for seed in lost:
            self.assertEqual(race(seed)[0], 1)

    def test_the_failing_seed_is_named_and_can_be_had_alone(self):
        tried = []

        @interleavings(50)
        def both_deposits_count(seed):
            tried.append(seed)
            self.assertEqual(race(seed)[0], 2)

        with self.assertRaises(AssertionError) as failure:
            both_deposits_count()
        note = failure.exception.__notes__[-1]
        self.assertIn(f"TROUPE_SEED={tried[-1]}", note)
        os.environ["TROUPE_SEED"] = str(tried[-1])
        self.addCleanup(os.environ.pop, "TROUPE_SEED")
        tried.clear()
        with self.assertRaises(AssertionError):
            both_deposits_count()
        self.assertEqual(tried, [int(os.environ["TROUPE_SEED"])])

    def test_actors_of_one_home_interleave_too(self):
        def orders(seed):
            with TestSystem(seed) as system:
                probe = system.probe("p")
                clerks = [system.spawn(Clerk, home="shared:office") for _ in range(3)]
                for number, clerk in enumerate(clerks):
                    clerk.tell.tell(probe.ref, number)
                system.run()
                return tuple(probe.messages)

        self.assertGreater(len({orders(seed) for seed in range(30)}), 3)

    def test_a_failure_shows_the_seed_and_the_trace(self):
        with self.assertRaises(ZeroDivisionError) as failure:
            with TestSystem(seed=5) as system:
                system.spawn(Account, name="mine").ask.add(7).result()
                1 / 0
        (note,) = failure.exception.__notes__
        self.assertIn("TestSystem(seed=5)", note)
        self.assertIn("mine: add(7)", note)


class Steps(ActorTestCase):
    def test_nothing_runs_before_it_is_told(self):
        account = self.system.spawn(Account)
        account.tell.add(1)
        account.tell.add(1)
        self.assertEqual(account.queued, 2)
        self.assertTrue(self.system.step())
        self.assertEqual(account.queued, 1)
        self.assertTrue(self.system.step())
        self.assertFalse(self.system.step())
        self.assertEqual(account.ask.get().result(), 2)

    def test_time_stands_still_while_something_can_go_on(self):
        account = self.system.spawn(Account)
        for _ in range(100):
            account.tell.add(1)
        self.assertEqual(account.ask.get().result(timeout=0.001), 100)
        self.assertEqual(self.system.now, 0)

    def test_sleeps_of_async_handlers_are_virtual(self):
        clerks = [self.system.spawn(Clerk) for _ in range(2)]
        began = time.monotonic()
        naps = [clerks[0].ask.nap(50), clerks[1].ask.nap(20)]
        self.assertEqual(naps[1].result(), 20)
        self.assertFalse(naps[0].done())
        self.assertAlmostEqual(self.system.now, 20, 3)
        self.assertEqual(naps[0].result(), 50)
        self.assertAlmostEqual(self.system.now, 50, 3)
        self.assertLess(time.monotonic() - began, 20)

    def test_a_timeout_takes_no_time(self):
        probe = self.probe()
        future = probe.ref.options(timeout=None).ask("?")
        with self.assertRaises(troupe.AskTimeout):
            future.result(timeout=3600)
        self.assertEqual(self.system.now, 3600)
        limited = probe.ref.options(timeout=600).ask("?")
        with self.assertRaises(troupe.AskTimeout):
            limited.result()
        self.assertEqual(self.system.now, 4200)

    def test_a_coroutine_of_the_test_is_in_the_systems_time(self):
        clerks = [self.system.spawn(Clerk) for _ in range(2)]

        async def test():
            await asyncio.sleep(100)
            naps = await asyncio.gather(*(clerk.ask.nap(50) for clerk in clerks))
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(5):
                    await clerks[0].ask.nap(50)
            return naps

        self.assertEqual(self.system.run_async(test()), [50, 50])
        self.assertAlmostEqual(self.system.now, 155, 2)

    def test_a_coroutine_that_would_wait_for_ever_is_told(self):
        probe = self.probe()

        async def test():
            await probe.ref.options(timeout=None).ask("?")

        with self.assertRaises(troupe.DeadlockError):
            self.system.run_async(test())

    def test_a_system_ends_although_a_handler_never_returns(self):
        with self.assertRaises(KeyboardInterrupt):
            with TestSystem() as system:
                system.spawn(Clerk).ask.interrupt_and_loop().result()

    def test_advance_lets_happen_what_is_due(self):
        nap = self.system.spawn(Clerk).ask.nap(10)
        self.system.advance(9)
        self.assertFalse(nap.done())
        self.system.advance(1.01)
        self.assertTrue(nap.done())

    def test_a_wait_that_nothing_can_end_is_a_deadlock_error(self):
        probe = self.probe("mute")
        clerk = self.system.spawn(Clerk, name="clerk")
        answer = clerk.options(timeout=None).ask.relay("?", probe.ref)
        with self.assertRaises(troupe.DeadlockError) as failure:
            answer.result()
        self.assertIn("'clerk' waits in a handler for", str(failure.exception))

    def test_handlers_that_wait_go_on_in_any_order(self):
        # The first waits for the probe, the second for the first, ...: answered
        # in that order, whatever the order in which they began to wait.
        for seed in range(10):
            with TestSystem(seed) as system:
                probe = system.probe()
                clerks = [system.spawn(Clerk) for _ in range(3)]
                outer = clerks[2].ask.relay("outer", clerks[1], clerks[0], probe.ref)
                inner = clerks[0].ask.relay("inner", probe.ref)
                for _ in range(2):
                    probe.reply(probe.expect(str).upper())
                self.assertEqual(outer.result(), "OUTER")
                self.assertEqual(inner.result(), "INNER")

    def test_a_handler_can_spawn_and_main_homes_work(self):
        clerk = self.system.spawn(Clerk, home="main")
        hired = clerk.ask.hire("new").result()
        self.assertEqual(hired.name, "new")
        self.assertTrue(hired.alive)
        self.assertEqual(hired.ask.nap(1).result(), 1)

    def test_kill_ends_a_handler_that_waits(self):
        probe = self.probe()
        clerk = self.system.spawn(Clerk)
        answer = clerk.options(timeout=None).ask.relay("?", probe.ref)
        probe.expect("?")
        clerk.kill()
        with self.assertRaises(troupe.ActorStopped):
            answer.result()
        self.assertTrue(clerk.join(timeout=1))

    def test_an_actor_that_goes_on_for_ever_is_told(self):
        system = TestSystem(turn_limit=1000)
        self.addCleanup(system.shutdown)
        clerk = system.spawn(Clerk)
        clerk.tell.spin()
        with self.assertRaisesRegex(AssertionError, "still busy"):
            system.run()


class Interpreters(unittest.TestCase):
    def test_each_actor_finds_its_module_as_new(self):
        for _ in range(5):
            with TestSystem() as system:
                self.assertEqual(system.spawn(Clerk).ask.once_loaded().result(), 2)

    def test_interpreters_are_used_again_unless_asked_otherwise(self):
        def created(**options):
            with TestSystem(**options) as system:
                system.spawn(Clerk)
                return system.stats()["interpreters_created"]

        self.assertEqual([created() for _ in range(3)], [0, 0, 0])
        self.assertEqual(created(fresh=True), 1)

    def test_atexit_functions_have_run_when_a_system_has_ended(self):
        ends = os.pipe()
        with TestSystem() as system:
            system.spawn(Clerk).ask.write_at_exit(ends[1]).result()
        self.assertEqual(os.read(ends[0], 10), b"done")
        for end in ends:
            os.close(end)

    def test_a_hundred_systems_are_fast(self):
        began = time.monotonic()
        for seed in range(100):
            race(seed)
        self.assertLess(time.monotonic() - began, 30)  # 0.4 s on an idle machine


class ProbeCases:
    """In any system."""

    def test_a_probe_gets_what_is_piped_to_it(self):
        probe, account = Probe(self.system, "customer"), self.spawn(Account)
        account.ask.get().pipe_to(probe.ref.tell.balance)
        probe.expect(call.balance(0))
        account.ask.get().pipe_to(probe.ref.tell)
        probe.expect(0)
        account.ask.get(1, 2).pipe_to(probe.ref.tell, probe.ref.tell.failed)
        failed = probe.expect()
        self.assertEqual(failed.handler, "failed")
        self.assertIsInstance(failed.args[0], TypeError)

    def test_a_probe_gets_messages_calls_and_their_sender(self):
        probe = Probe(self.system, "customer")
        clerk = self.spawn(Clerk)
        clerk.tell.tell(probe.ref, {"a": 1})
        clerk.tell.call(probe.ref, "add", 1, 2)
        probe.ref.tell("from the test")
        self.assertEqual(
            probe.expect_all({"a": 1}, call.add(1, 2), "from the test"),
            [{"a": 1}, call.add(1, 2), "from the test"],
        )
        clerk.tell.tell(probe.ref, 3)
        self.assertEqual(probe.expect(int), 3)
        self.assertEqual(probe.sender, clerk)
        self.assertEqual(len(probe.messages), 4)

    def test_what_comes_must_be_as_expected_and_in_time(self):
        probe = Probe(self.system)
        with self.assertRaisesRegex(AssertionError, "got nothing within 0.01 s"):
            probe.expect(within=0.01)
        probe.ref.tell(1)
        with self.assertRaisesRegex(AssertionError, "got 1; expected 2"):
            probe.expect(2)
        probe.ref.tell(1)
        with self.assertRaisesRegex(AssertionError, "expected nothing"):
            probe.expect_none(within=5)
        probe.expect_none(within=0.01)

    def test_fish_passes_others_over(self):
        probe = Probe(self.system)
        for number in range(5):
            probe.ref.tell(number)
        self.assertEqual(probe.fish(lambda n: n > 2), 3)
        probe.expect(4)

    def test_a_probe_answers_with_a_value_or_an_exception(self):
        probe = Probe(self.system)
        futures = [probe.ref.ask.price("bread"), probe.ref.ask("?")]
        probe.expect(call.price("bread"))
        probe.reply(4)
        probe.expect("?")
        probe.fail(LookupError("none"))
        self.assertEqual(futures[0].result(), 4)
        with self.assertRaises(LookupError):
            futures[1].result()
        with self.assertRaisesRegex(RuntimeError, "nothing to answer"):
            probe.reply(1)

    def test_a_request_that_a_probe_leaves_open_ends_with_it(self):
        probe = Probe(self.system)
        future = probe.ref.ask("?")
        probe.expect("?")
        probe.ref.stop()
        with self.assertRaises(troupe.ActorStopped):
            future.result()

    def test_a_probe_sees_others_end(self):
        probe = Probe(self.system)
        clerk = self.spawn(Clerk)
        probe.watch(clerk)
        clerk.tell.tell(probe.ref, "last words")
        clerk.stop(drain=True)
        probe.expect_down(clerk, "stopped")
        probe.expect("last words")


class ProbesInATestSystem(ProbeCases, ActorTestCase):
    def spawn(self, *args):
        return self.system.spawn(*args)


class ProbesInRealTime(ProbeCases, support.SystemTestCase):
    pass


class Faults(ActorTestCase):
    def dead(self, reason):
        return self.system.dead_letters().get(reason, 0)

    def test_kill_after_so_many_messages(self):
        account = self.system.spawn(Account)
        self.system.faults.kill(account, after=2)
        answers = [account.ask.add(1) for _ in range(3)]
        self.assertEqual([answers[0].result(), answers[1].result()], [1, 2])
        with self.assertRaises(troupe.ActorStopped):
            answers[2].result()
        self.assertFalse(account.alive)

    def test_delayed_messages_arrive_late_and_in_order(self):
        probe = self.probe()
        clerk = self.system.spawn(Clerk)
        self.system.faults.delay(clerk, 5)
        clerk.tell.tell(probe.ref, 1)
        clerk.tell.tell(probe.ref, 2)
        self.system.advance(4)
        self.system.faults.delay(clerk, 0)
        clerk.tell.tell(probe.ref, 3)
        self.assertEqual(probe.messages, [])
        for number in (1, 2, 3):
            probe.expect(number, within=2)
        self.assertAlmostEqual(self.system.now, 5)

    def test_a_delayed_message_that_never_arrives_is_a_dead_letter(self):
        system = TestSystem()
        account = system.spawn(Account)
        system.faults.delay(account, 50)
        answer = account.ask.add(1)
        system.run()
        system.shutdown()
        with self.assertRaises(troupe.ActorStopped):
            answer.result()
        self.assertEqual(system.dead_letters()["stopped"], 1)

    def test_a_full_mailbox_refuses_until_it_has_room(self):
        account = self.system.spawn(Account)
        account.tell.add(1)
        self.system.faults.full(account)
        with self.assertRaises(troupe.MailboxFull):
            account.tell.add(1)
        self.assertEqual(self.dead("mailbox_full"), 1)
        self.system.faults.full(account, False)
        self.assertEqual(account.ask.get().result(), 1)

    def test_dropped_messages_are_lost_and_counted(self):
        account = self.system.spawn(Account)
        self.system.faults.drop(account, "add")
        lost = account.options(timeout=3).ask.add(1)
        account.tell.add(10)
        self.assertEqual(account.ask.get().result(), 10)
        with self.assertRaises(troupe.AskTimeout):
            lost.result()
        self.assertEqual(self.dead("dropped"), 1)
        self.system.faults.drop(account, lambda message: message.args == (2,), None)
        for number in (1, 2, 3, 2):
            account.tell.add(number)
        self.assertEqual(account.ask.get().result(), 14)
        self.assertEqual(self.dead("dropped"), 3)

    def test_a_start_fails_as_often_as_told(self):
        self.system.faults.fail_start(Account, ImportError("no such library"), times=2)
        for _ in range(2):
            with self.assertRaises(troupe.SpawnError) as failure:
                self.system.spawn(Account)
            self.assertIsInstance(failure.exception.__cause__, ImportError)
        self.assertTrue(self.system.spawn(Account).alive)


class Pytest(unittest.TestCase):
    def test_the_fixtures(self):
        try:
            import pytest
        except ImportError:
            self.skipTest("pytest isn't installed, so its fixtures are NOT TESTED")
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "test_bank.py"), "w") as file:
                file.write(
                    "from actors.bank import Account\n"
                    "from troupe.testing import call\n"
                    "pytest_plugins = ['troupe.testing.pytest_plugin']\n"
                    "def test_a_deposit(troupe_system, troupe_probe):\n"
                    "    account = troupe_system.spawn(Account)\n"
                    "    assert account.ask.add(2).result() == 2\n"
                    "    troupe_probe('p').ref.tell(1)\n"
                )
            self.assertEqual(pytest.main(["-q", "-p", "no:cacheprovider", folder]), 0)


def main(system):
    support.run(
        {
            name: value
            for name, value in globals().items()
            if value not in (ActorTestCase, ProbeCases)
        }
    )
