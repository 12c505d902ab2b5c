# SPDX-License-Identifier: Apache-2.0
"""Routers and pools."""

import support
import troupe
from support import TIMEOUT

from actors.routed import Maker, Worker


class RouterCase(support.SystemTestCase):
    def routees(self, count):
        return [self.spawn("actors.social", name=f"r{i}") for i in range(count)]

    def homes(self, router, keys, **named):
        futures = [router.ask.note(key, **named) for key in keys]
        return [future.result(TIMEOUT) for future in futures]


class Routers(RouterCase):
    def test_round_robin_is_the_default(self):
        router = self.system.router(self.routees(3))
        self.assertEqual(
            self.homes(router, range(6)), ["r0", "r1", "r2", "r0", "r1", "r2"]
        )

    def test_a_router_is_an_actor_with_a_ref_and_a_name(self):
        router = self.system.router(self.routees(1), name="front")
        self.assertEqual(router.name, "front")
        self.assertEqual(self.system.lookup("front"), router.ref)
        self.assertEqual(self.system.router_of("front"), router)
        self.assertEqual(self.system.router_of(router.ref), router)
        self.assertEqual(repr(router), "<troupe.Router 'front' of 1>")
        self.assertEqual(router.ref.ask.note(1).result(TIMEOUT), "r0")
        router.ref.tell("a message")
        self.assert_quiet()
        self.assertIn("a message", router.routees()[0].ask.history().result(TIMEOUT))

    def test_the_routee_answers_the_asker_and_sees_the_sender(self):
        router = self.system.router(self.routees(1))
        between = self.spawn("actors.social")
        got = between.ask(router).result(TIMEOUT)  # arrives as a Ref
        self.assertEqual(got, router.ref)
        with self.assertRaisesRegex(ValueError, "oh no"):
            router.ask.fail("oh no").result(TIMEOUT)

    def test_random_choices_come_from_the_seed(self):
        refs = self.routees(3)
        runs = [
            self.homes(self.system.router(refs, policy="random", seed=s), range(30))
            for s in (1, 1, 2)
        ]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])
        self.assertEqual(len(set(runs[0])), 3)

    def test_the_least_loaded_gets_the_next(self):
        hold, release = self.gate()
        busy, idle = self.spawn("actors.life"), self.spawn("actors.social", name="idle")
        busy.tell.hold_until(hold)
        router = self.system.router([busy, idle], policy="least_loaded")
        for i in range(5):
            self.assertEqual(self.homes(router, [i]), ["idle"])
        self.open_gate(release)

    def test_the_same_key_goes_to_the_same_routee(self):
        refs = self.routees(4)
        users = [f"user{i}" for i in range(40)]
        for policy in ("consistent_hash", "sticky"):
            for named in (False, True):
                with self.subTest(policy, named=named):
                    router = self.system.router(
                        refs, policy=policy, key="user" if named else 0
                    )

                    def homes():
                        asked = [
                            router.ask.note(7, user=u) if named else router.ask.note(u, 7)
                            for u in users
                        ]
                        return [future.result(TIMEOUT) for future in asked]

                    first = homes()
                    self.assertEqual(homes(), first)
                    self.assertGreater(len(set(first)), 2)

    def test_equal_keys_of_different_classes_are_one_key(self):
        router = self.system.router(self.routees(5), policy="consistent_hash")
        for same in ((1, 1.0, True), ("é", "e\u0301"[0:0] + "é"), ((1, "a"), (1.0, "a"))):
            self.assertEqual(len(set(self.homes(router, same))), 1, same)

    def test_a_message_without_the_key_is_told(self):
        router = self.system.router(
            self.routees(2), policy="sticky", key="user", name="by user"
        )
        with self.assertRaisesRegex(troupe.ActorStopped, "goes by a key.*has none"):
            router.ask.note(1).result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"undecodable": 1})

    def test_a_sticky_key_stays_until_its_routee_ends(self):
        refs = self.routees(3)
        router = self.system.router(refs, policy="sticky")
        before = dict(zip("abcdef", self.homes(router, "abcdef")))
        router.add(self.spawn("actors.social", name="new"))
        self.assertEqual(dict(zip("abcdef", self.homes(router, "abcdef"))), before)
        refs[0].stop()
        refs[0].join(TIMEOUT)
        after = dict(zip("abcdef", self.homes(router, "abcdef")))
        for key, home in before.items():
            if home == "r0":
                self.assertNotEqual(after[key], "r0")
            else:
                self.assertEqual(after[key], home)

    def test_a_broadcast_reaches_all(self):
        router = self.system.router(self.routees(3), policy="broadcast")
        router.tell.note("all")
        self.assert_quiet()
        for ref in router.routees():
            self.assertEqual(ref.ask.history().result(TIMEOUT), [("all",)])

    def test_all_of_them_can_be_asked(self):
        refs = self.routees(3)
        router = self.system.router(refs, policy="broadcast")
        self.assertEqual(
            router.ask_all().note(1), {refs[0]: "r0", refs[1]: "r1", refs[2]: "r2"}
        )
        group = self.system.group("all")
        self.assertEqual(group.ask_all().note(), {})
        for ref in refs[:2]:
            group.join(ref)
        self.assertEqual(
            group.ask_all(timeout=TIMEOUT).note(1), {refs[0]: "r0", refs[1]: "r1"}
        )
        self.assertEqual(list(group.ask_all()(7)), refs[:2])
        with self.assertRaises(TypeError):
            group.ask_all(1)

    def test_of_all_that_are_asked_one_fails(self):
        router = self.system.router(self.routees(2))
        with self.assertRaisesRegex(ValueError, "oh no"):
            router.ask_all().fail("oh no")
        answers = router.ask_all(return_exceptions=True).fail("oh no")
        self.assertEqual([str(answer) for answer in answers.values()], ["oh no"] * 2)

    def test_all_that_are_asked_have_one_deadline(self):
        hold, release = self.gate()
        slow, fast = self.spawn("actors.life"), self.spawn("actors.life")
        waiting = slow.ask.hold_until(hold)
        group = self.system.group("two")
        group.join(slow)
        group.join(fast)
        answers = group.ask_all(timeout=0.05, return_exceptions=True).work(1)
        self.assertIsInstance(answers[slow], troupe.AskTimeout)
        self.assertNotIsInstance(answers[fast], BaseException)
        with self.assertRaises(troupe.AskTimeout):
            group.ask_all(timeout=0.05).work(1)
        self.open_gate(release)
        waiting.result(TIMEOUT)

    def test_of_several_answers_the_first_counts(self):
        hold, release = self.gate()
        slow = self.spawn("actors.slow_social", hold)
        fast = self.spawn("actors.social", name="fast")
        router = self.system.router([slow, fast], policy="scatter_gather_first")
        self.assertEqual(router.ask.note(1).result(TIMEOUT), "fast")
        self.open_gate(release)
        self.assert_quiet()
        self.assertEqual(slow.ask.history().result(TIMEOUT), [1])
        self.assertEqual(self.system.dead_letters(), {})

    def test_if_all_fail_the_last_failure_is_the_answer(self):
        router = self.system.router(self.routees(2), policy="scatter_gather_first")
        with self.assertRaisesRegex(ValueError, "nobody can"):
            router.ask.fail("nobody can").result(TIMEOUT)

    def test_routees_come_and_go(self):
        one, two = self.routees(2)
        router = self.system.router([one])
        self.assertTrue(router.add(two))
        self.assertFalse(router.add(two))
        self.assertEqual((router.size, len(router)), (2, 2))
        self.assertTrue(router.remove(one))
        self.assertFalse(router.remove(one))
        self.assertEqual(router.routees(), [two])
        two.stop()
        two.join(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(router.size, 0)
        with self.assertRaises(troupe.ActorStopped):
            router.add(two)
        with self.assertRaises(ValueError):
            router.add(router.ref)

    def test_without_routees_an_ask_raises_and_a_tell_is_a_dead_letter(self):
        router = self.system.router([], name="lonely")
        with self.assertRaisesRegex(troupe.ActorStopped, "'lonely' has no routees"):
            router.ask.note(1).result(TIMEOUT)
        router.tell.note(1)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"no_receiver": 2})

    def test_a_router_in_front_of_a_router(self):
        inner = self.system.router(self.routees(2))
        outer = self.system.router([inner.ref])
        self.assertEqual(self.homes(outer, range(3)), ["r0", "r1", "r0"])
        self.assertTrue(inner)
        inner.stop()
        inner.ref.join(TIMEOUT)
        self.assertEqual(repr(inner), f"<troupe.Router '{inner.name}' of 0 (ended)>")

    def test_an_actor_makes_a_router(self):
        # in its handler, by context.system, as the main program does
        maker = self.spawn(Maker)
        router = maker.ask.make(self.routees(2)).result(TIMEOUT)
        self.assertEqual(router.ask.note(1).result(TIMEOUT), "r0")

    def test_bad_arguments_are_refused_with_what_to_do(self):
        ref = self.spawn("actors.social")
        for arguments, error, words in (
            (dict(policy="round_rubin"), ValueError, "did you mean 'round_robin'"),
            (dict(policy="other"), ValueError, "there are: round_robin, random"),
            (dict(policy=3), TypeError, "policy"),
            (dict(key=-1), ValueError, "position"),
            (dict(key=1.5), TypeError, "position"),
            (dict(key="é"), TypeError, "ASCII"),
            (dict(seed="x"), TypeError, ""),
            (dict(size=3), TypeError, "size"),
        ):
            with self.subTest(arguments):
                with self.assertRaisesRegex(error, words):
                    self.system.router([ref], **arguments)
        for routees, words in ((7, "list"), (["x"], "item 0"), (ref, "list")):
            with self.assertRaisesRegex(TypeError, words):
                self.system.router(routees)
        with self.assertRaisesRegex(ValueError, "is no router"):
            self.system.router_of(ref)
        with self.assertRaisesRegex(troupe.UnknownName, "nobody"):
            self.system.router_of("nobody")
        with self.assertRaises(troupe.SpawnError):
            self.system.router([], name=ref.name)


class Pools(support.SystemTestCase):
    def who(self, pool, count):
        futures = [pool.ask.who(i) for i in range(count)]
        return [future.result(TIMEOUT) for future in futures]

    def test_a_pool_starts_its_routees(self):
        pool = self.system.pool(Worker, size=3, name="workers")
        self.assertIsInstance(pool, troupe.ActorPool)
        self.assertIsInstance(pool, troupe.Router)
        self.assertEqual(repr(pool), "<troupe.ActorPool 'workers' of 3>")
        self.assertEqual(
            set(self.who(pool, 6)), {"workers-1", "workers-2", "workers-3"}
        )
        self.assertEqual(self.system.router_of("workers"), pool)

    def test_a_pool_of_a_module_in_a_shared_home(self):
        pool = self.system.pool("actors.social", size=5, home="shared:pool")
        self.assertEqual(pool.size, 5)
        self.assertEqual(len({pool.ask.note().result(TIMEOUT) for _ in range(5)}), 5)

    def test_a_routee_that_ends_is_restarted_and_keeps_its_mail(self):
        pool = self.system.pool(Worker, size=2, name="w")
        routees = pool.routees()
        for number, end in enumerate(
            (lambda r: r.tell.end(), lambda r: r.tell.fail(), lambda r: r.kill()), 1
        ):
            end(routees[0])
            self.assertEqual(routees[0].ask.who().result(TIMEOUT), "w-1")
            self.assert_quiet()
            self.assertEqual(pool.routees(), routees)
            self.assertEqual(routees[0].restarts, number)
        self.assertEqual(set(self.who(pool, 4)), {"w-1", "w-2"})

    def test_what_waits_behind_a_failure_is_handled(self):
        pool = self.system.pool(Worker, size=1)
        pool.tell.fail()
        self.assertEqual(len(self.who(pool, 10)), 10)
        self.assertEqual(self.system.dead_letters(), {"failed": 1})

    def test_a_routee_that_is_stopped_is_replaced(self):
        pool = self.system.pool(Worker, size=2, name="w")
        before = set(pool.routees())
        pool.routees()[0].stop()
        self.assert_quiet()
        while len(set(pool.routees()) - before) != 1 or pool.size != 2:
            self.assert_quiet()
        self.assertEqual(set(self.who(pool, 4)), {"w-1", "w-2"})

    def test_a_pool_that_cant_start_raises_what_was_raised_there(self):
        with self.assertRaisesRegex(troupe.SpawnError, "no worker today") as caught:
            self.system.pool(Worker, size=3, name="w", fails=True)
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        with self.assertRaises(troupe.SpawnError) as caught:
            self.system.pool("actors.no_such_file", size=2, name="w")
        self.assertIsInstance(caught.exception.__cause__, ModuleNotFoundError)
        self.assert_quiet()
        self.assertEqual(self.system.actors(), [])
        self.system.pool(Worker, size=1, name="w")

    def test_a_pool_whose_routees_always_end_gives_up(self):
        pool = self.system.pool(Worker, size=1, name="doomed")
        while pool.ref.alive:
            pool.tell.end()
            self.assert_quiet()
        with self.assertRaises(troupe.ActorStopped):
            pool.ask.who().result(TIMEOUT)
        self.assertEqual(self.system.stats()["failed"], 1)

    def test_how_a_pool_restarts_can_be_said(self):
        pool = self.system.pool(Worker, size=1, max_restarts=1, within=60, name="once")
        pool.tell.fail()
        self.assertEqual(pool.ask.who().result(TIMEOUT), "once-1")
        pool.tell.fail()
        self.assertTrue(pool.ref.join(TIMEOUT))
        self.assertEqual(pool.ref.reason, "failed")
        forgiving = self.system.pool(
            Worker, size=1, max_restarts=None, backoff=troupe.Backoff(at_once=100)
        )
        for _ in range(30):
            forgiving.tell.fail()
        self.who(forgiving, 1)
        for wrong in (
            dict(max_restarts=-1),
            dict(within="x"),
            dict(backoff=1),
        ):
            with self.subTest(wrong), self.assertRaises((TypeError, ValueError)):
                self.system.pool(Worker, size=1, **wrong)

    def test_resize(self):
        pool = self.system.pool(Worker, size=1)
        pool.resize(3)
        self.assert_quiet()
        while pool.size != 3:
            self.assert_quiet()
        self.assertEqual(len(set(self.who(pool, 6))), 3)
        pool.resize(1)
        self.assert_quiet()
        self.assertEqual(pool.size, 1)
        self.assertEqual(len(set(self.who(pool, 3))), 1)
        for wrong in (0, -1):
            with self.assertRaisesRegex(ValueError, "can't have"):
                pool.resize(wrong)

    def test_a_pool_grows_with_its_load_up_to_the_maximum(self):
        hold, release = self.gate()
        pool = self.system.pool("actors.life", minimum=1, size=1, maximum=2)
        held = [pool.ask.hold_until(hold) for _ in range(20)]
        while pool.size != 2:
            self.assertFalse(self.system.wait_quiet(timeout=0.05))
        for _ in held:
            self.open_gate(release)
        for future in held:
            future.result(TIMEOUT)
        self.assertEqual(pool.size, 2)
        with self.assertRaisesRegex(ValueError, "1 to 2"):
            pool.resize(3)

    def test_the_end_of_a_pool_is_that_of_its_routees(self):
        for drain in (False, True):
            pool = self.system.pool(Worker, size=2)
            routees = pool.routees()
            answers = [pool.ask.who() for _ in range(20)]
            pool.stop(drain=drain)
            self.assertTrue(pool.ref.join(TIMEOUT))
            for routee in routees:
                self.assertTrue(routee.join(TIMEOUT))
            if drain:
                for answer in answers:
                    answer.result(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(self.system.actors(), [])

    def test_an_actor_makes_a_pool(self):
        maker = self.spawn(Maker)
        self.assertEqual(maker.ask.pool().result(TIMEOUT), 2)
        self.assertEqual(self.system.router_of("made").size, 2)

    def test_bad_sizes_are_refused(self):
        for sizes in (
            dict(size=0),
            dict(size="x"),
            dict(minimum=3, maximum=2),
            dict(size=5, maximum=4),
            dict(size=1, minimum=2),
            dict(size=10**9),
        ):
            with self.subTest(sizes):
                with self.assertRaises((TypeError, ValueError)):
                    self.system.pool(Worker, **sizes)
        self.assertEqual(self.system.actors(), [])

    def test_a_pool_in_a_system_that_ends_is_not_complained_of(self):
        self.system.pool(Worker, size=4, name="w")
        self.assertEqual(self.system.shutdown(timeout=TIMEOUT), [])
        self.assertEqual(self.system.stats()["failed"], 0)
        with self.assertRaises(troupe.SystemStopped):
            self.system.pool(Worker, size=1)


def main(system):
    support.run(globals())
