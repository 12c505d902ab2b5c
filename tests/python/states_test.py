# SPDX-License-Identifier: Apache-2.0
"""become, unbecome, stash, unstash_all."""

import os

import support
import troupe
from support import TIMEOUT


class Open:
    @troupe.handler
    def state(self):
        return "open"

    @troupe.handler
    def close(self):
        troupe.context.become(Closed(), keep=True)

    @troupe.handler
    def swap(self):
        troupe.context.become(Closed())


class Closed:
    def receive(self, message):
        return ("closed", message)

    @troupe.handler
    def state(self):
        return "closed"

    @troupe.handler
    def back(self):
        return troupe.context.unbecome()


class Door:
    """Its own behaviour, and several to take on."""

    def __init__(self):
        self.said = []

    def receive(self, message):
        return ("door", message)

    @troupe.handler
    def state(self):
        return "door"

    @troupe.handler
    def become(self, what, keep=False):
        troupe.context.become(
            {
                "function": lambda message: ("function", message),
                "dict": {"state": lambda: "dict", "back": troupe.context.unbecome},
                "object": Open(),
                "class": Closed,
                "gone": self.only_once,
            }[what],
            keep=keep,
        )

    def only_once(self, message):
        """Drops itself while it runs."""
        troupe.context.become(lambda again: ("next", again))
        return ("once", message)

    @troupe.handler
    def become_odd(self, what):
        troupe.context.become(what)

    @troupe.handler
    def back(self):
        return troupe.context.unbecome()


class Notified:
    """Its hooks change with its behaviour."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.seen = []

    def down(self, notice):
        self.note("own")

    def note(self, what):
        self.seen.append(what)
        os.write(self.pipe, b".")

    @troupe.handler
    def watch(self, other):
        troupe.context.watch(other)

    @troupe.handler
    def become(self, hooked):
        outer = self

        class Other:
            @troupe.handler
            def state(self):
                return outer.seen

            if hooked:

                def down(self, notice):
                    outer.note("other's")

        troupe.context.become(Other)


class Shop:
    """Puts orders aside while it is closed."""

    def __init__(self):
        self.open = False
        self.served = []

    @troupe.handler
    def order(self, what):
        if not self.open:
            troupe.context.stash()
            return "put aside"
        self.served.append(what)
        return f"here is {what}"

    @troupe.handler
    def set_open(self, opened):
        self.open = opened
        troupe.context.unstash_all()

    @troupe.handler
    def stashed(self):
        return troupe.context.stashed

    @troupe.handler
    def all_served(self):
        return self.served

    @troupe.handler
    def stash_twice(self):
        troupe.context.stash()
        troupe.context.stash()

    @troupe.handler
    def stash_and_fail(self):
        troupe.context.stash()
        raise ValueError("after all")


class Becoming(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.door = self.spawn(Door, name="door")

    def become(self, *args, **kwargs):
        self.door.ask.become(*args, **kwargs).result(TIMEOUT)

    def state(self):
        return self.door.ask.state().result(TIMEOUT)

    def back(self):
        return self.door.ask.back().result(TIMEOUT)

    def test_a_function_takes_the_place_of_receive(self):
        self.become("function")
        self.assertEqual(self.door.ask("x").result(TIMEOUT), ("function", "x"))
        with self.assertRaisesRegex(troupe.TroupeError, "no handler 'state'"):
            self.state()

    def test_a_dict_has_handlers_by_name(self):
        self.become("dict")
        self.assertEqual(self.state(), "dict")
        with self.assertRaisesRegex(troupe.TroupeError, r"no receive\(\); it has: "):
            self.door.ask("x").result(TIMEOUT)

    def test_an_object_or_class_has_handlers_and_receive(self):
        self.become("class")
        self.assertEqual(self.state(), "closed")
        self.assertEqual(self.door.ask(1).result(TIMEOUT), ("closed", 1))
        self.assertTrue(self.back())
        self.become("object")
        self.assertEqual(self.state(), "open")

    def test_the_stack_is_gone_back_step_by_step(self):
        self.become("object")
        self.door.ask.close().result(TIMEOUT)
        self.assertEqual(self.state(), "closed")
        self.assertTrue(self.back())
        self.assertEqual(self.state(), "open")

    def test_without_keep_the_last_one_is_replaced(self):
        self.become("object")
        self.door.ask.swap().result(TIMEOUT)
        self.assertTrue(self.back())
        self.assertEqual(self.state(), "door")
        self.assertFalse(self.back())
        self.assertEqual(self.door.ask(1).result(TIMEOUT), ("door", 1))

    def test_a_handler_may_replace_itself_while_it_runs(self):
        self.become("gone")
        self.assertEqual(self.door.ask(1).result(TIMEOUT), ("once", 1))
        self.assertEqual(self.door.ask(2).result(TIMEOUT), ("next", 2))

    def test_what_is_no_behaviour_is_refused(self):
        for odd in (7, None, {"x": 1}, {1: print}, {2}):
            with self.assertRaisesRegex(TypeError, "become"):
                self.door.ask.become_odd(odd).result(TIMEOUT)
        self.assertEqual(self.state(), "door")
        with self.assertRaisesRegex(RuntimeError, "for handlers"):
            troupe.context.become(print)

    def test_hooks_that_it_lacks_are_the_actors_own(self):
        notes, pipe = self.gate()
        for hooked, expected in ((False, "own"), (True, "other's")):
            actor, other = self.spawn(Notified, pipe), self.spawn(Closed)
            actor.ask.watch(other).result(TIMEOUT)
            actor.ask.become(hooked).result(TIMEOUT)
            other.stop()
            os.read(notes, 1)
            self.assertEqual(actor.ask.state().result(TIMEOUT), [expected])


class Stashing(support.SystemTestCase):
    def test_what_was_put_aside_is_answered_later_in_the_old_order(self):
        shop = self.spawn(Shop)
        orders = [shop.ask.order(n) for n in range(5)]
        self.assertEqual(shop.ask.stashed().result(TIMEOUT), 5)
        self.assertFalse(any(order.done() for order in orders))
        shop.tell.set_open(True)
        late = shop.ask.order("late")
        self.assertEqual(
            [order.result(TIMEOUT) for order in orders],
            [f"here is {n}" for n in range(5)],
        )
        late.result(TIMEOUT)
        self.assertEqual(
            shop.ask.all_served().result(TIMEOUT), [0, 1, 2, 3, 4, "late"]
        )

    def test_what_comes_out_goes_before_what_waits(self):
        reading, opening = self.gate()
        shop = self.spawn(Holding)
        shop.tell.order("stashed")
        shop.tell.hold_until(reading)
        shop.tell.set_open(True)
        shop.tell.order("behind")
        self.open_gate(opening)
        self.assertEqual(
            shop.ask.all_served().result(TIMEOUT), ["stashed", "behind"]
        )

    def test_it_is_bounded(self):
        shop = self.spawn(Shop, stash=2)
        kept = [shop.ask.order(n) for n in range(2)]
        with self.assertRaisesRegex(troupe.StashFull, "2 messages"):
            shop.ask.order(2).result(TIMEOUT)
        shop.tell.set_open(True)
        self.assertEqual(kept[1].result(TIMEOUT), "here is 1")

    def test_a_message_is_put_aside_once(self):
        shop = self.spawn(Shop)
        shop.tell.stash_twice()
        self.assertTrue(shop.join(TIMEOUT))
        self.assertEqual(shop.reason, "failed")
        # The message itself was put aside, so it waited when the actor ended.
        self.assertEqual(self.system.dead_letters(), {"stopped": 1})

    def test_an_exception_after_it_fails_the_actor(self):
        shop = self.spawn(Shop)
        with self.assertRaises(troupe.ActorStopped):
            shop.ask.stash_and_fail().result(TIMEOUT)
        self.assertTrue(shop.join(TIMEOUT))
        self.assertEqual(shop.reason, "failed")

    def test_what_is_left_at_the_end_is_dead_letters(self):
        shop = self.spawn(Shop)
        order = shop.ask.order(1)
        shop.tell.order(2)
        shop.stop(drain=True)
        self.assertTrue(shop.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            order.result(TIMEOUT)
        self.assertEqual(self.system.dead_letters(), {"stopped": 2})

    def test_outside_of_a_handler_it_is_refused(self):
        for use in (
            troupe.context.stash,
            troupe.context.unstash_all,
            lambda: troupe.context.stashed,
        ):
            with self.assertRaisesRegex(RuntimeError, "for handlers"):
                use()


class Holding(Shop):
    @troupe.handler
    def hold_until(self, descriptor):
        os.read(descriptor, 1)


def main(system):
    support.run(globals())
