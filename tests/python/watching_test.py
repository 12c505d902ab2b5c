# SPDX-License-Identifier: Apache-2.0
"""watch, link, trap_exit, and the notices that come of them."""

import os

import support
import troupe
from support import TIMEOUT


class Plain:
    @troupe.handler
    def work(self, n=0):
        return n

    @troupe.handler
    def break_down(self):
        raise ValueError("broken on purpose")

    @troupe.handler
    def hold_until(self, descriptor):
        os.read(descriptor, 1)

    @troupe.handler
    def tell_often(self, other, count):
        for n in range(count):
            other.tell.work(n)
        troupe.context.stop()


class Watcher:
    """Tells by one byte in a pipe of each notice; keeps them all."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.seen = []

    @troupe.handler
    def do(self, what, *args):
        getattr(troupe.context, what)(*args)

    @troupe.handler
    def trap(self, trap):
        troupe.context.trap_exit = trap
        return troupe.context.trap_exit

    @troupe.handler
    def work(self, n):
        self.seen.append(n)

    @troupe.handler
    def notices(self):
        return self.seen

    def note(self, notice):
        self.seen.append(notice)
        os.write(self.pipe, b".")


class Hooked(Watcher):
    def down(self, notice):
        self.note(notice)

    def exited(self, notice):
        self.note(notice)

    def receive(self, message):
        self.note(("receive", message))


class Receiving(Watcher):
    def receive(self, message):
        match message:
            case troupe.Down(ref, reason):
                self.note((ref, reason))
            case _:
                self.note(message)


class Careless:
    """A hook that raises."""

    @troupe.handler
    def watch(self, other):
        troupe.context.watch(other)

    def down(self, notice):
        raise RuntimeError("can't bear it")


class AsyncHook(Watcher):
    async def down(self, notice):
        self.note(notice)


class Test(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.notes, self.pipe = self.gate()

    def watcher(self, kind=Hooked):
        return self.spawn(kind, self.pipe, name="watcher")

    def ask(self, watcher, what, *args):
        return watcher.ask.do(what, *args).result(TIMEOUT)

    def seen(self, watcher, count=1):
        """After `count` notices have come."""
        for _ in range(count):
            os.read(self.notes, 1)
        return watcher.ask.notices().result(TIMEOUT)

    def end(self, ref):
        self.assertTrue(ref.join(TIMEOUT))


class Watching(Test):
    def test_a_stop_a_failure_and_a_kill_are_told_with_their_reason(self):
        for how, reason, words in (
            (lambda ref: ref.stop(), "stopped", None),
            (lambda ref: ref.tell.break_down(), "failed", "broken on purpose"),
            (lambda ref: ref.kill(), "killed", None),
        ):
            with self.subTest(reason):
                watcher, other = self.watcher(), self.spawn(Plain, name="other")
                self.ask(watcher, "watch", other)
                how(other)
                (notice,) = self.seen(watcher)
                self.assertIsInstance(notice, troupe.Down)
                self.assertEqual((notice.ref, notice.reason), (other, reason))
                self.assertEqual(notice.name, "other")
                if words is None:
                    self.assertIsNone(notice.error)
                else:
                    self.assertIn(words, notice.error)
                watcher.stop()
                self.end(watcher)

    def test_the_notice_comes_after_the_last_message(self):
        watcher, other = self.watcher(), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        other.tell.tell_often(watcher, 500)
        seen = self.seen(watcher)
        self.assertEqual(seen[:-1], list(range(500)))
        self.assertEqual(seen[-1].ref, other)

    def test_one_that_has_ended_is_told_at_once(self):
        watcher, other = self.watcher(), self.spawn(Plain)
        other.stop()
        self.end(other)
        self.ask(watcher, "watch", other)
        self.assertEqual(self.seen(watcher)[0].reason, "stopped")

    def test_names_can_be_watched_and_one_that_nobody_has_is_told_at_once(self):
        watcher, other = self.watcher(), self.spawn(Plain, name="other")
        self.ask(watcher, "watch", "other")
        other.stop()
        self.assertEqual(self.seen(watcher)[0].ref, other)
        self.ask(watcher, "watch", "nobody")
        notice = self.seen(watcher)[1]
        self.assertEqual(
            (notice.ref, notice.reason, notice.name), (None, "no_such_actor", "nobody")
        )

    def test_to_watch_twice_is_to_be_told_once(self):
        watcher, other = self.watcher(), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        self.ask(watcher, "watch", other)
        other.stop()
        self.seen(watcher)
        self.assert_quiet()
        self.assertEqual(len(watcher.ask.notices().result(TIMEOUT)), 1)

    def test_unwatch_takes_it_back(self):
        watcher, other = self.watcher(), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        self.ask(watcher, "unwatch", other)
        self.ask(watcher, "unwatch", "nobody")
        other.stop()
        self.end(other)
        self.assert_quiet()
        self.assertEqual(watcher.ask.notices().result(TIMEOUT), [])

    def test_without_a_hook_it_comes_to_receive(self):
        watcher, other = self.watcher(Receiving), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        other.stop()
        self.assertEqual(self.seen(watcher), [(other, "stopped")])

    def test_with_neither_it_is_a_dead_letter(self):
        watcher, other = self.watcher(Watcher), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        other.stop()
        self.end(other)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"no_handler": 1})
        self.assertTrue(watcher.alive)

    def test_a_hook_may_be_async(self):
        watcher, other = self.watcher(AsyncHook), self.spawn(Plain)
        self.ask(watcher, "watch", other)
        other.stop()
        self.assertEqual(self.seen(watcher)[0].ref, other)

    def test_a_hook_that_raises_fails_its_actor(self):
        careless, other = self.spawn(Careless), self.spawn(Plain)
        careless.ask.watch(other).result(TIMEOUT)
        other.stop()
        self.end(careless)
        self.assertEqual(careless.reason, "failed")

    def test_in_shared_and_main_homes(self):
        for home in ("shared:home", "main"):
            with self.subTest(home):
                watcher = self.spawn(Hooked, self.pipe, home=home)
                other = self.spawn(Plain, home=home)
                self.ask(watcher, "watch", other)
                other.kill()
                self.assertEqual(self.seen(watcher)[0].reason, "killed")

    def test_what_is_no_actor_is_refused(self):
        watcher = self.watcher()
        for method in ("watch", "unwatch", "link", "unlink"):
            with self.assertRaisesRegex(TypeError, f"context.{method}"):
                self.ask(watcher, method, 7)

    def test_a_notice_can_be_sent_on(self):
        watcher, echo = self.watcher(), self.spawn("actors.echo")
        self.ask(watcher, "watch", "nobody")
        notice = self.seen(watcher)[0]
        self.assertEqual(echo.ask(notice).result(TIMEOUT), notice)
        self.assertEqual(repr(notice), "troupe.Down('nobody', 'no_such_actor')")


class Linking(Test):
    def pair(self):
        return self.watcher(), self.spawn(Plain, name="other")

    def test_a_failure_takes_the_linked_actor_along_both_ways(self):
        for victim in (0, 1):
            with self.subTest(victim):
                actors = self.pair()
                self.ask(actors[0], "link", actors[1])
                actors[victim].kill()
                self.end(actors[1 - victim])
                self.assertEqual(actors[1 - victim].reason, "failed")
                self.end(actors[victim])

    def test_a_normal_end_leaves_the_other_alone(self):
        watcher, other = self.pair()
        self.ask(watcher, "link", other)
        other.stop()
        self.end(other)
        self.assert_quiet()
        self.assertEqual(watcher.ask.notices().result(TIMEOUT), [])

    def test_one_that_traps_exits_is_told(self):
        watcher, other = self.pair()
        self.assertTrue(watcher.ask.trap(True).result(TIMEOUT))
        self.ask(watcher, "link", other)
        other.tell.break_down()
        (notice,) = self.seen(watcher)
        self.assertIsInstance(notice, troupe.Exit)
        self.assertEqual((notice.ref, notice.reason), (other, "failed"))
        self.assertIn("broken on purpose", notice.error)

    def test_unlink_parts_them(self):
        watcher, other = self.pair()
        self.ask(watcher, "link", other)
        self.ask(watcher, "unlink", "other")
        other.kill()
        self.end(other)
        self.assert_quiet()
        self.assertTrue(watcher.alive)

    def test_to_link_to_a_name_that_nobody_has(self):
        watcher = self.watcher()
        watcher.ask.trap(True).result(TIMEOUT)
        self.ask(watcher, "link", "nobody")
        self.assertEqual(self.seen(watcher)[0].reason, "no_such_actor")
        watcher.ask.trap(False).result(TIMEOUT)
        self.ask(watcher, "link", "nobody")
        self.end(watcher)
        self.assertEqual(watcher.reason, "failed")

    def test_trap_exit_is_a_bool(self):
        with self.assertRaisesRegex(TypeError, "trap_exit"):
            self.watcher().ask.trap(1).result(TIMEOUT)


class Reasons(Test):
    def test_a_ref_tells_why_its_actor_has_ended(self):
        actor = self.spawn(Plain)
        self.assertIsNone(actor.reason)
        actor.stop()
        self.end(actor)
        self.assertEqual(actor.reason, "stopped")


def main(system):
    support.run(globals())
