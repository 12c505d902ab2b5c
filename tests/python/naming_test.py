# SPDX-License-Identifier: Apache-2.0
"""Names of actors, waiting for them, and groups."""

import support
import troupe
from support import TIMEOUT


class Names(support.SystemTestCase):
    def test_an_actor_has_further_names_until_it_ends(self):
        clock = self.spawn("actors.social", name="quartz")
        self.system.register("clock", clock)
        self.system.register("clock", clock)
        self.assertEqual(self.system.lookup("clock"), clock)
        self.assertEqual(self.system.lookup("quartz"), clock)
        self.assertEqual(clock.name, "quartz")
        clock.stop()
        clock.join(TIMEOUT)
        self.assertIsNone(self.system.lookup("clock"))
        self.system.register("clock", self.spawn("actors.social"))

    def test_a_name_that_is_taken_is_refused(self):
        one, two = self.spawn("actors.social", name="one"), self.spawn("actors.social")
        with self.assertRaisesRegex(troupe.NameTaken, "'one' is taken by actor 'one'"):
            self.system.register("one", two)
        with self.assertRaisesRegex(troupe.SpawnError, "one"):
            self.spawn("actors.social", name="one")
        self.assertEqual(self.system.lookup("one"), one)

    def test_bad_names_and_refs_are_refused(self):
        ref = self.spawn("actors.social")
        for name, error in {"": ValueError, 7: TypeError, None: TypeError}.items():
            for call in (
                lambda: self.system.register(name, ref),
                lambda: self.system.wait_for(name),
                lambda: self.system.group(name),
            ):
                with self.assertRaises(error):
                    call()
        with self.assertRaises(TypeError):
            self.system.register("x", "not a ref")
        ref.stop()
        ref.join(TIMEOUT)
        with self.assertRaises(troupe.ActorStopped):
            self.system.register("x", ref)

    def test_a_name_can_be_taken_back(self):
        ref = self.spawn("actors.social", name="own")
        self.system.register("other", ref)
        self.system.unregister("other")
        self.assertIsNone(self.system.lookup("other"))
        with self.assertRaisesRegex(troupe.UnknownName, "did you mean 'own'"):
            self.system.unregister("owm")
        with self.assertRaisesRegex(ValueError, "its? own name|actor's own name"):
            self.system.unregister("own")

    def test_a_thread_waits_for_a_name(self):
        asker = self.spawn("actors.social")
        found = asker.ask.find("late", TIMEOUT)  # a handler waits too
        late = self.spawn("actors.social", name="late")
        self.assertEqual(self.system.wait_for("late", timeout=TIMEOUT), late)
        self.assertEqual(found.result(TIMEOUT), "late")

    def test_a_name_that_doesnt_come_in_time_is_a_timeout_with_a_hint(self):
        self.spawn("actors.social", name="worker")
        with self.assertRaisesRegex(TimeoutError, "'wroker'.*did you mean 'worker'"):
            self.system.wait_for("wroker", timeout=0.01)

    def test_a_future_of_a_name(self):
        future = self.system.when_named("late")
        self.assertFalse(future.done())
        waiting = self.spawn("actors.social")
        waiting.ask.ask_when_there("late").result(TIMEOUT)
        late = self.spawn("actors.social", name="late")
        self.assertEqual(future.result(TIMEOUT), late)
        self.assert_quiet()
        self.assertEqual(late.ask.history().result(TIMEOUT), [("hello",)])

    def test_nobody_waits_for_a_name_beyond_the_end_of_the_system(self):
        future = self.system.when_named("never")
        self.system.shutdown(timeout=TIMEOUT)
        with self.assertRaises(troupe.ActorStopped):
            future.result(TIMEOUT)
        with self.assertRaises(troupe.SystemStopped):
            self.system.wait_for("never", timeout=TIMEOUT)

    def test_an_actor_registers_itself(self):
        ref = self.spawn("actors.social")
        ref.ask.take("me").result(TIMEOUT)
        self.assertEqual(self.system.lookup("me"), ref)


class Groups(support.SystemTestCase):
    def test_a_group_is_told_as_one(self):
        group = self.system.group("workers")
        refs = [self.spawn("actors.social") for _ in range(3)]
        self.assertEqual([group.join(ref) for ref in refs], [True] * 3)
        self.assertFalse(group.join(refs[0]))
        self.assertEqual(group.members(), refs)
        self.assertEqual(len(group), 3)
        group.tell("all")
        group.tell.note(1, b=2)
        self.assert_quiet()
        for ref in refs:
            self.assertEqual(ref.ask.history().result(TIMEOUT), ["all", (1, 2)])

    def test_membership_ends_with_leaving_and_with_the_actor(self):
        group = self.system.group("workers")
        one, two = self.spawn("actors.social"), self.spawn("actors.social")
        self.assertTrue(one.ask.join("workers").result(TIMEOUT))
        self.assertTrue(two.ask.join("workers").result(TIMEOUT))
        self.assertTrue(one.ask.leave(group).result(TIMEOUT))
        self.assertFalse(group.leave(one))
        self.assertEqual(group.members(), [two])
        two.stop()
        two.join(TIMEOUT)
        self.assertEqual(group.members(), [])
        with self.assertRaises(troupe.ActorStopped):
            group.join(two)

    def test_a_message_to_an_empty_group_is_a_dead_letter(self):
        self.system.group("nobody").tell("hello?")
        self.assertEqual(self.system.dead_letters(), {"no_receiver": 1})

    def test_a_broadcast_stores_one_copy_of_a_blob(self):
        group = self.system.group("all")
        for _ in range(3):
            group.join(self.spawn("actors.social"))
        blob = troupe.Blob(b"x" * 100_000)
        group.tell((blob, self.system.group("all")))
        self.assert_quiet()
        for ref in group.members():
            ((got, same),) = ref.ask.history().result(TIMEOUT)
            self.assertEqual(same, group)
            self.assertEqual(hash(same), hash(group))
            self.assertEqual(bytes(got), bytes(blob))

    def test_what_a_member_refuses_doesnt_concern_the_others(self):
        group = self.system.group("mixed")
        plain = self.spawn("actors.social")
        group.join(self.spawn("actors.state"))
        group.join(plain)
        group.tell.note("x")
        self.assert_quiet()
        self.assertEqual(plain.ask.history().result(TIMEOUT), [("x",)])
        self.assertEqual(self.system.dead_letters(), {"no_handler": 1})

    def test_joining_without_a_ref_is_for_handlers(self):
        group = self.system.group("g")
        with self.assertRaisesRegex(TypeError, "outside of a handler"):
            group.join()
        with self.assertRaisesRegex(TypeError, "Ref"):
            group.join("me")
        with self.assertRaises(TypeError):
            group.tell.note(lambda: 0)  # with the error that every message gets
        self.assertEqual(repr(group), "<troupe.Group 'g'>")


def main(system):
    support.run(globals())
