# SPDX-License-Identifier: Apache-2.0
"""Supervisors: restarts, strategies, giving up, operations."""

import copy
import os
import pickle
import tempfile

import support
import troupe
from support import TIMEOUT
from troupe import Backoff, Child, SupervisorSpec

from actors.shapes import Counter


class Supervised(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.log = self.spawn("actors.notes")
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def child(self, name="a", *args, **keywords):
        return Child("actors.patient", self.log, name, *args, name=name, **keywords)

    def supervise(self, *names, **keywords):
        keywords = {"max_restarts": 100, "backoff": Backoff(at_once=100)} | keywords
        return self.system.supervise(*map(self.child, names), **keywords)

    def actor(self, name):
        ref = self.system.lookup(name)
        self.assertIsNotNone(ref, name)
        return ref

    def seen(self):
        """What the children have told since the last call."""
        self.assert_quiet()
        return self.log.ask.take_messages().result(TIMEOUT)

    def wait_until_told(self, line):
        while line not in self.log.ask.messages().result(TIMEOUT):
            pass

    def flag(self, name, is_there=True):
        """A file that children look for, here or not."""
        path = os.path.join(self.folder, name)
        if is_there:
            open(path, "w").close()
        elif os.path.exists(path):
            os.remove(path)
        return path


class Restarting(Supervised):
    def test_a_restart_keeps_ref_name_and_queue_in_order(self):
        self.supervise("a")
        a = self.actor("a")
        before, held = a.ask.add(), self.gate()
        a.tell.hold(held[0])
        a.tell.break_down()
        after = [a.ask.add() for _ in range(5)]
        self.open_gate(held[1])
        self.assertEqual(before.result(TIMEOUT), 1)
        self.assertEqual([f.result(TIMEOUT) for f in after], [1, 2, 3, 4, 5])
        self.assertEqual((self.actor("a"), a.restarts), (a, 1))

    def test_a_restart_begins_with_fresh_globals(self):
        self.supervise("a")
        a = self.actor("a")
        self.assertEqual(a.ask.add(5).result(TIMEOUT), 5)
        a.tell.break_down()
        self.assertEqual(a.ask.add().result(TIMEOUT), 1)

    def test_the_failed_message_is_a_dead_letter_and_not_handled_again(self):
        self.supervise("a")
        a = self.actor("a")
        a.tell.break_down()
        self.assertEqual(a.ask.add().result(TIMEOUT), 1)
        self.assertEqual((a.restarts, self.system.dead_letters()), (1, {"failed": 1}))

    def test_the_new_incarnation_is_told_why(self):
        self.supervise("a")
        a = self.actor("a")
        self.assertEqual(a.ask.why().result(TIMEOUT), [])
        a.tell.break_down("the reason")
        (failure,) = a.ask.why().result(TIMEOUT)
        self.assertIsInstance(failure, RuntimeError)
        self.assertEqual(str(failure), "the reason")
        self.assertEqual(
            self.seen(),
            ["a started", "a stopping failed", "a started", "a restarted after RuntimeError"],
        )

    def test_a_killed_actor_restarts_and_the_ask_it_was_at_fails(self):
        self.supervise("a")
        a = self.actor("a")
        asked, queued = a.ask.spin(), a.ask.add()
        self.wait_until_told("a spinning")
        a.kill()
        with self.assertRaisesRegex(troupe.ActorStopped, "killed"):
            asked.result(TIMEOUT)
        self.assertEqual(queued.result(TIMEOUT), 1)
        self.assertIn("a restarted after ActorKilled", self.seen())

    def test_a_normal_end_restarts_permanent_ones_only(self):
        for policy, restarts in (("permanent", 2), ("transient", 0), ("temporary", 0)):
            name = policy
            sup = self.system.supervise(
                self.child(name, restart=policy), max_restarts=10)
            ref = self.actor(name)
            ref.tell.leave()
            ref.tell.exit()
            self.assert_quiet()
            self.assertEqual((policy, ref.restarts), (policy, restarts))
            self.assertEqual(ref.alive, policy == "permanent")
            self.assertEqual(len(sup.which_children()), policy != "temporary")

    def test_stop_from_outside_is_final(self):
        sup = self.supervise("a")
        a = self.actor("a")
        a.stop()
        self.assertTrue(a.join(TIMEOUT))
        self.assert_quiet()
        self.assertEqual(sup.which_children()[0].state, "stopped")

    def test_one_for_all_and_rest_for_one(self):
        for strategy, names in (("one_for_all", "abc"), ("rest_for_one", "bc")):
            sup = self.supervise("a", "b", "c", strategy=strategy)
            self.seen()
            self.actor("b").tell.break_down()
            seen = self.seen()
            self.assertEqual(
                [line for line in seen if "started" in line and "re" not in line],
                [f"{name} started" for name in names],
            )
            self.assertEqual(
                [line for line in seen if "stopping" in line],
                ["b stopping failed"]
                + [f"{n} stopping halted" for n in reversed(names) if n != "b"],
            )
            sup.stop()
            self.assertTrue(sup.join(TIMEOUT))
            self.seen()

    def test_actors_of_shared_and_main_homes_restart_where_they_are(self):
        for home in (troupe.shared("ward"), "main"):
            sup = self.system.supervise(self.child("x", home=home), max_restarts=9)
            x = self.actor("x")
            self.assertEqual(x.ask.add(3).result(TIMEOUT), 3)
            x.tell.break_down()
            self.assertEqual(x.ask.add().result(TIMEOUT), 1)
            self.assertEqual(x.restarts, 1)
            sup.stop()
            sup.join(TIMEOUT)

    def test_a_class_is_made_anew_with_its_arguments(self):
        sup = self.system.supervise(Child(Counter, 10, step=5, name="c"))
        c = self.actor("c")
        self.assertEqual(c.ask.add(2).result(TIMEOUT), 20)
        c.kill()
        self.assertEqual(c.ask.add(1).result(TIMEOUT), 15)
        self.assertEqual(sup.which_children()[0].restarts, 1)

    def test_a_restart_after_a_backoff(self):
        self.supervise("a", backoff=Backoff(initial=0.01, maximum=0.02, at_once=0))
        a = self.actor("a")
        for n in range(1, 5):
            a.tell.break_down()
            self.assertEqual((a.ask.add().result(TIMEOUT), a.restarts), (1, n))

    def test_a_restart_that_fails_is_tried_again(self):
        flag = self.flag("trouble", False)
        sup = self.system.supervise(
            self.child("a", flag), max_restarts=None,
            backoff=Backoff(initial=0.001, maximum=0.001))
        a = self.actor("a")
        self.flag("trouble")
        a.tell.break_down()
        queued = a.ask.add()
        while a.restarts < 3:
            self.assertFalse(queued.done())
        self.flag("trouble", False)
        self.assertEqual(queued.result(TIMEOUT), 1)
        self.assert_quiet()
        self.assertEqual(sup.which_children()[0].state, "running")


class GivingUp(Supervised):
    def test_too_many_restarts_end_all_and_count_as_a_failure(self):
        sup = self.supervise("a", "b", max_restarts=1)
        a, b = self.actor("a"), self.actor("b")
        a.tell.break_down()
        a.tell.break_down()
        left = a.ask.add()
        self.assertTrue(sup.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            left.result(TIMEOUT)
        self.assertFalse(a.alive or b.alive or sup.alive)
        self.assertGreater(self.system.stats()["failed"], 0)
        with self.assertRaises(troupe.ActorStopped):
            sup.restart_child("a")

    def test_a_restarted_failure_doesnt_count(self):
        self.supervise("a")
        self.actor("a").tell.break_down()
        self.assert_quiet()
        self.assertEqual(self.system.stats()["failed"], 0)

    def test_the_supervisor_above_restarts_a_supervisor_and_keeps_refs(self):
        inner = SupervisorSpec(self.child("a"), self.child("b"), name="inner")
        sup = self.system.supervise(inner, self.child("c"), max_restarts=5)
        a = self.actor("a")
        a.tell.break_down()
        a.tell.break_down()
        self.assertEqual(a.ask.add().result(TIMEOUT), 1)
        self.assertEqual(self.actor("a"), a)
        self.assert_quiet()
        rows = [(c.name, c.kind, c.state, c.restarts) for c in sup.which_children()]
        self.assertEqual(
            rows, [("inner", "supervisor", "running", 1), ("c", "worker", "running", 0)])

    def test_a_child_that_cant_start_is_the_cause_and_all_before_it_end(self):
        flag = self.flag("trouble")
        with self.assertRaisesRegex(troupe.SpawnError, "a finds trouble") as caught:
            self.system.supervise(self.child("z"), self.child("a", flag), name="sup")
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        self.assertEqual(self.seen(), ["z started", "z stopping halted"])
        self.assertEqual(self.system.actors(), [self.log])
        self.assertEqual(self.system.stats()["failed"], 0)


class Stopping(Supervised):
    def test_children_stop_in_reverse_before_their_supervisor(self):
        sup = self.supervise("a", "b", "c")
        self.seen()
        sup.stop()
        self.assertTrue(sup.join(TIMEOUT))
        self.assertEqual(
            self.seen(), [f"{name} stopping halted" for name in "cba"])

    def test_a_child_in_a_loop_is_killed_at_its_deadline(self):
        sup = self.system.supervise(self.child("a", shutdown=0.05))
        self.actor("a").tell.spin()
        self.wait_until_told("a spinning")
        sup.stop()
        self.assertTrue(sup.join(TIMEOUT))
        self.assertNotIn("a stopping halted", self.seen())

    def test_shutdown_kill_asks_nobody(self):
        sup = self.system.supervise(self.child("a", shutdown="kill"))
        sup.stop()
        self.assertTrue(sup.join(TIMEOUT))
        self.assertEqual(self.seen(), ["a started"])


class Operations(Supervised):
    def test_start_terminate_restart_delete(self):
        sup = self.supervise("a")
        b = sup.start_child(self.child("b"))
        self.assertEqual(b, self.actor("b"))
        self.assertEqual(
            sup.count_children(),
            {"specs": 2, "active": 2, "supervisors": 0, "workers": 2})
        sup.terminate_child("b")
        self.assertFalse(b.alive)
        self.assertEqual([c.state for c in sup.which_children()], ["running", "stopped"])
        again = sup.restart_child("b")
        self.assertNotEqual(again, b)
        self.assertEqual(again.ask.add().result(TIMEOUT), 1)
        sup.terminate_child(again)
        sup.delete_child("b")
        self.assertEqual([c.name for c in sup.which_children()], ["a"])

    def test_what_is_refused(self):
        sup = self.supervise("a")
        for operation in (sup.terminate_child, sup.restart_child, sup.delete_child):
            with self.assertRaisesRegex(LookupError, "no child 'x'"):
                operation("x")
        with self.assertRaisesRegex(ValueError, "runs already"):
            sup.restart_child("a")
        with self.assertRaisesRegex(ValueError, "terminate_child"):
            sup.delete_child("a")
        with self.assertRaisesRegex(ValueError, "a child 'a' already"):
            sup.start_child(self.child("a"))
        with self.assertRaisesRegex(TypeError, "troupe.Child"):
            sup.start_child("actors.patient")
        with self.assertRaisesRegex(TypeError, "no supervisor"):
            troupe.Supervisor(self.actor("a")).which_children()

    def test_a_started_child_that_fails_is_forgotten(self):
        sup = self.supervise("a")
        flag = self.flag("trouble")
        with self.assertRaisesRegex(troupe.SpawnError, "b finds trouble") as caught:
            sup.start_child(self.child("b", flag))
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        self.assertEqual(len(sup.which_children()), 1)

    def test_many_alike(self):
        sup = self.system.supervise(
            Child("actors.patient", self.log, restart="transient"),
            strategy="simple_one_for_one")
        self.assertEqual(sup.which_children(), [])
        kids = [sup.start_child(f"kid {n}") for n in range(5)]
        self.assertIn("kid 4 started", self.seen())
        kids[1].tell.break_down()
        sup.terminate_child(kids[2])
        self.assert_quiet()
        self.assertEqual([k.alive for k in kids], [True, True, False, True, True])
        self.assertEqual(kids[1].restarts, 1)
        self.assertEqual(len(sup.which_children()), 4)

    def test_a_supervisor_can_be_sent_to_an_actor_that_uses_it(self):
        sup = self.supervise("a")
        overseer = self.spawn("actors.overseer")
        b = overseer.ask.add_child(sup, "b").result(TIMEOUT)
        self.assertEqual(b, self.actor("b"))
        other = overseer.ask.begin("c").result(TIMEOUT)
        self.assertIsInstance(other, troupe.Supervisor)
        self.assertNotEqual(other, sup)
        self.assertEqual(other.which_children()[0].ref, self.actor("c"))

    def test_a_wait_that_couldnt_end_is_an_error(self):
        sup = self.system.supervise(Child("actors.overseer", name="o"))
        with self.assertRaisesRegex(ValueError, "own end"):
            self.actor("o").ask.end_myself(sup).result(TIMEOUT)
        home = troupe.shared("desk")
        desk = self.spawn("actors.overseer", home=home)
        with self.assertRaisesRegex(RuntimeError, "only after this handler"):
            desk.ask.begin_here(home).result(TIMEOUT)

    def test_names_of_children_are_names_of_the_system(self):
        sup = self.supervise("a", name="ward")
        self.assertEqual(troupe.Supervisor(self.actor("ward")), sup)
        with self.assertRaisesRegex(troupe.SpawnError, "'a'"):
            self.supervise("a")


class SpawnWithRestart(Supervised):
    def test_one_actor_with_a_supervisor_of_its_own(self):
        ref = self.spawn(
            "actors.patient", self.log, name="solo", restart="permanent",
            max_restarts=2, within=60.0, backoff=Backoff(at_once=5))
        self.assertEqual((ref.name, self.actor("solo")), ("solo", ref))
        for _ in range(2):
            ref.tell.break_down()
            self.assertEqual(ref.ask.add().result(TIMEOUT), 1)
        ref.tell.break_down()
        self.assertTrue(ref.join(TIMEOUT))
        self.assert_quiet()
        self.assertEqual(self.system.actors(), [self.log])

    def test_its_supervisor_ends_with_it(self):
        ref = self.spawn("actors.patient", restart="transient")
        ref.stop()
        self.assertTrue(ref.join(TIMEOUT))
        self.assert_quiet()
        self.assertEqual(self.system.actors(), [self.log])

    def test_a_failed_start_is_told_as_ever(self):
        with self.assertRaisesRegex(troupe.SpawnError, "finds trouble"):
            self.spawn("actors.patient", fail_if=self.flag("trouble"), restart="permanent")
        self.assertEqual(self.system.actors(), [self.log])


class Specs(support.SystemTestCase):
    def test_mistakes_in_specs_are_told_at_once(self):
        for wrong, error, words in (
            (lambda: Child("x", restart="always"), ValueError, "permanent, transient"),
            (lambda: Child("x", shutdown="soon"), ValueError, '"kill", or "infinity"'),
            (lambda: Child("x", shutdown=-1), ValueError, "shutdown=-1"),
            (lambda: Child("x", name=3), TypeError, "name"),
            (lambda: Backoff(initial=-1), ValueError, "initial"),
            (lambda: Backoff(initial=5, maximum=1), ValueError, "maximum"),
            (lambda: Backoff(jitter=float("nan")), ValueError, "jitter"),
            (lambda: Backoff(at_once=1.5), TypeError, "at_once"),
            (lambda: SupervisorSpec("x"), TypeError, "troupe.Child"),
            (lambda: SupervisorSpec(strategy="some"), ValueError, "one_for_all"),
            (lambda: SupervisorSpec(max_restarts=-1), ValueError, "max_restarts"),
            (lambda: SupervisorSpec(backoff=1), TypeError, "Backoff"),
            (lambda: SupervisorSpec(strategy="simple_one_for_one"), ValueError, "one"),
            (lambda: self.system.supervise(restart="permanent"), TypeError, "child"),
            (lambda: self.system.supervise(Child(3)), TypeError, "module"),
            (lambda: self.system.supervise(Child("x", mailbox=0)), ValueError, "mailbox"),
            (
                lambda: self.system.supervise(Child("x", name="x"), Child("x", name="x")),
                ValueError,
                "already",
            ),
        ):
            with self.assertRaisesRegex(error, words):
                wrong()
        self.assertEqual(self.system.actors(), [])

    def test_specs_can_be_copied_and_sent(self):
        child = Child("kv", 1, name="kv", shutdown="kill", mailbox=5)
        spec = SupervisorSpec(child, name="s", backoff=Backoff(initial=1), max_restarts=7)
        for again in (copy.copy(spec), pickle.loads(pickle.dumps(spec))):
            self.assertEqual(again._plain(), spec._plain())


def main(system):
    support.run(globals())
