# SPDX-License-Identifier: Apache-2.0
"""Start, stop, kill, failure, homes, shutdown."""

import time

import support
import troupe
from support import TIMEOUT

from actors.shapes import Counter, Doubler, Outer


class DefinedHere:
    @troupe.handler
    def where(self):
        return __name__


class Spawning(support.SystemTestCase):
    def test_a_module_keeps_its_state_in_its_globals(self):
        first, second = self.spawn("actors.state"), self.spawn("actors.state")
        self.assertEqual(first.ask.increment().result(TIMEOUT), 1)
        self.assertEqual(first.ask.increment().result(TIMEOUT), 2)
        self.assertEqual(second.ask.increment().result(TIMEOUT), 1)

    def test_a_class_by_name_and_as_an_object(self):
        for target in ("actors.shapes:Counter", Counter):
            counter = self.spawn(target, 10, step=5)
            self.assertEqual(counter.ask.add(2).result(TIMEOUT), 20)
            self.assertEqual(counter.ask("x").result(TIMEOUT), ("x", 20))

    def test_handlers_are_inherited(self):
        doubler = self.spawn(Doubler, 1)
        doubler.tell.add()
        self.assertEqual(doubler.ask.double().result(TIMEOUT), 4)

    def test_a_nested_class(self):
        inner = self.spawn(Outer.Inner)
        self.assertEqual(inner.ask.hello().result(TIMEOUT), "hello from inside")

    def test_a_class_of_the_program_itself(self):
        self.assertEqual(
            self.spawn(DefinedHere).ask.where().result(TIMEOUT), "lifecycle_test"
        )

    def test_a_local_class_is_refused(self):
        class Local:
            pass

        with self.assertRaisesRegex(TypeError, "Local"):
            self.spawn(Local)

    def test_what_started_raises_is_the_cause_of_the_spawn_error(self):
        with self.assertRaisesRegex(troupe.SpawnError, "not today") as caught:
            self.spawn("actors.life", fail="not today")
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        self.assertEqual(self.system.actors(), [])

    def test_modules_that_cant_be_actors(self):
        for name, cause in {
            "actors.no_such_file": ModuleNotFoundError,
            "actors.bad_syntax": SyntaxError,
            "actors.bad_import": ModuleNotFoundError,
            "actors.no_actor": TypeError,
            "actors.shapes:Nothing": TypeError,
            "actors.shapes:Missing": AttributeError,
            "faulthandler": ImportError,
        }.items():
            with self.subTest(name):
                with self.assertRaises(troupe.SpawnError) as caught:
                    self.spawn(name)
                self.assertIsInstance(caught.exception.__cause__, cause)

    def test_arguments_without_a_started_to_take_them(self):
        with self.assertRaisesRegex(troupe.SpawnError, "started"):
            self.spawn("actors.echo", 1)

    def test_bad_targets_and_options_are_refused(self):
        for target in ("", ":Class", "module:", 7, None):
            with self.assertRaises((TypeError, ValueError)):
                self.spawn(target)
        with self.assertRaisesRegex(troupe.SpawnError, "no home 'moon'"):
            self.spawn("actors.echo", home="moon")
        with self.assertRaises(ValueError):
            self.spawn("actors.echo", mailbox=0)
        with self.assertRaises(TypeError):
            self.spawn("actors.echo", name=7)
        with self.assertRaises(TypeError):
            self.spawn()

    def test_bad_systems_are_refused(self):
        for workers in (0, -1, 100000):
            with self.assertRaises(ValueError):
                troupe.System(workers=workers)
        with self.assertRaises(TypeError):
            troupe.System(workers="many")


class Names(support.SystemTestCase):
    def test_a_name_is_unique_while_its_actor_lives(self):
        echo = self.spawn("actors.echo", name="echo")
        self.assertEqual(self.system.lookup("echo"), echo)
        with self.assertRaisesRegex(troupe.SpawnError, "'echo'"):
            self.spawn("actors.echo", name="echo")
        echo.stop()
        self.assertTrue(echo.join(TIMEOUT))
        self.assertIsNone(self.system.lookup("echo"))
        self.spawn("actors.echo", name="echo")

    def test_actors_are_listed_in_the_order_of_their_start(self):
        names = ["c", "a", "b"]
        for name in names:
            self.spawn("actors.state", name=name)
        self.assertEqual([ref.name for ref in self.system.actors()], names)


class Ending(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.watcher = self.spawn("actors.echo", name="watcher")

    def notes(self):
        return self.watcher.ask.history().result(TIMEOUT)

    def life(self, **kwargs):
        return self.spawn("actors.life", self.watcher, **kwargs)

    def test_stop_calls_stopping_and_later_messages_are_dead_letters(self):
        life = self.life()
        life.tell.work(1)
        self.assert_quiet()
        life.stop()
        self.assertTrue(life.join(TIMEOUT))
        self.assertFalse(life.alive)
        life.tell.work(2)
        with self.assertRaises(troupe.ActorStopped):
            life.ask.work(3).result(TIMEOUT)
        self.assertEqual(self.notes(), ["life started", "life work 1", "life stopping stopped"])
        self.assertEqual(self.system.dead_letters(), {"stopped": 2})

    def test_stop_with_drain_handles_what_was_sent_before(self):
        life = self.life()
        for i in range(100):
            life.tell.work(i)
        life.stop(drain=True)
        self.assertTrue(life.join(TIMEOUT))
        self.assertEqual(len(self.notes()), 102)
        self.assertEqual(self.system.dead_letters(), {})

    def test_a_failed_tell_ends_the_actor_and_is_counted(self):
        life = self.life()
        life.tell.break_down()
        self.assertTrue(life.join(TIMEOUT))
        self.assertEqual(self.notes()[-1], "life stopping failed")
        self.assertEqual(self.system.dead_letters(), {"failed": 1})
        self.assertEqual(self.system.stats()["failed"], 1)

    def test_a_failed_ask_doesnt_end_the_actor(self):
        life = self.life()
        with self.assertRaisesRegex(RuntimeError, "on purpose"):
            life.ask.break_down().result(TIMEOUT)
        self.assertTrue(life.alive)

    def test_context_stop_ends_the_actor_after_its_answer(self):
        inner = self.spawn("actors.inner")
        self.assertEqual(inner.ask.stop_me().result(TIMEOUT), "stopping")
        self.assertTrue(inner.join(TIMEOUT))

    def test_sys_exit_in_a_handler_ends_its_actor_only(self):
        echo = self.spawn("actors.echo")
        echo.tell.leave()
        self.assertTrue(echo.join(TIMEOUT))
        self.assertEqual(self.system.stats()["failed"], 0)

    def test_kill_ends_a_handler_that_never_returns(self):
        life = self.life()
        answer = life.ask.spin()
        while "life spinning" not in self.notes():
            pass
        began = time.monotonic()
        life.kill()
        self.assertTrue(life.join(TIMEOUT))
        self.assertLess(time.monotonic() - began, TIMEOUT / 2)
        with self.assertRaises(troupe.ActorStopped):
            answer.result(TIMEOUT)
        self.assertNotIn("life stopping killed", self.notes())

    def test_kill_ends_a_handler_that_waits_for_an_answer(self):
        inner, life = self.spawn("actors.inner"), self.life(name="holder")
        hold, release = self.gate()
        held = life.ask.hold_until(hold)
        waiting = inner.ask.wait_for_work(life)
        while life.queued < 2:
            pass
        inner.kill()
        self.assertTrue(inner.join(TIMEOUT))
        with self.assertRaises(troupe.ActorStopped):
            waiting.result(TIMEOUT)
        self.open_gate(release)
        held.result(TIMEOUT)

    def test_an_actor_cant_join_itself(self):
        with self.assertRaisesRegex(RuntimeError, "join itself"):
            self.spawn(Selfish).ask.join_me().result(TIMEOUT)


class Selfish:
    @troupe.handler
    def join_me(self):
        troupe.context.self.join()


class Homes(support.SystemTestCase):
    def test_actors_of_a_shared_home_keep_their_state_apart(self):
        home = troupe.shared("many")
        actors = [self.spawn("actors.state", home=home) for _ in range(20)]
        for _ in range(3):
            counts = [actor.ask.increment() for actor in actors]
        self.assertEqual([c.result(TIMEOUT) for c in counts], [3] * 20)
        places = {actor.ask.where().result(TIMEOUT)[1] for actor in actors}
        self.assertEqual(len(places), 1)

    def test_class_actors_of_a_shared_home_share_their_module_only(self):
        home = troupe.shared("classes")
        counters = [self.spawn(Counter, start, home=home) for start in range(20)]
        totals = [counter.ask.add() for counter in counters]
        self.assertEqual([t.result(TIMEOUT) for t in totals], list(range(1, 21)))

    def test_an_actor_in_the_main_home_uses_modules_that_refuse_others(self):
        main = self.spawn("actors.mainly", home="main")
        self.assertTrue(main.ask.uses_faulthandler().result(TIMEOUT))

    def test_waiting_inside_a_shared_home_for_a_neighbour_is_told(self):
        home = troupe.shared("tight")
        inner = self.spawn("actors.inner", home=home)
        echo = self.spawn("actors.echo", home=home)
        with self.assertRaisesRegex(troupe.DeadlockError, "in the same place"):
            inner.ask.forward(echo, 1).result(TIMEOUT)

    def test_a_shared_homes_actor_spawns_a_neighbour(self):
        home = troupe.shared("family")
        inner = self.spawn("actors.inner", home=home)
        child = inner.ask.spawn_echo("child", home).result(TIMEOUT)
        self.assertEqual(child.ask(1).result(TIMEOUT), 1)

    def test_a_failed_start_that_nobody_waits_for_is_counted(self):
        home = troupe.shared("hasty")
        inner = self.spawn("actors.inner", home=home)
        child = inner.ask.spawn_module("actors.no_actor", home).result(TIMEOUT)
        self.assertTrue(child.join(TIMEOUT))
        self.assertEqual(self.system.stats()["failed"], 1)

    def test_callbacks_of_neighbours_stay_apart(self):
        home = troupe.shared("callbacks")
        first = self.spawn("actors.inner", home=home)
        second = self.spawn("actors.inner", home=home)
        echo = self.spawn("actors.echo")
        first.ask.ask_with_callback(echo, "one").result(TIMEOUT)
        second.ask.ask_with_callback(echo, "two").result(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(first.ask.collected().result(TIMEOUT), ["one"])
        self.assertEqual(second.ask.collected().result(TIMEOUT), ["two"])


class Shutdown(support.SystemTestCase):
    def test_actors_stop_in_reverse_order_of_their_start(self):
        watcher = self.spawn("actors.shapes:Order")
        with troupe.System(workers=2) as other:
            for name in ("a", "b", "c"):
                other.spawn("actors.shapes:Member", watcher, name)
        self.assertEqual(watcher.ask.order().result(TIMEOUT), ["c", "b", "a"])

    def test_a_stopped_system_refuses_to_spawn(self):
        self.system.shutdown()
        with self.assertRaises(troupe.SystemStopped):
            self.spawn("actors.echo")

    def test_shutdown_twice_is_fine(self):
        self.spawn("actors.echo")
        self.assertEqual(self.system.shutdown(), [])
        self.assertEqual(self.system.shutdown(), [])

    def test_an_actor_can_shut_its_system_down(self):
        stopper = self.spawn(Stopper)
        stopper.ask.stop_all().result(TIMEOUT)
        self.assertTrue(stopper.join(TIMEOUT))
        self.assertTrue(self.system.closing)

    def test_the_deadline_kills_what_doesnt_stop(self):
        life = self.spawn("actors.life")
        spinning = life.ask.spin()
        self.assertEqual(self.system.shutdown(timeout=0.05), [])
        with self.assertRaises(troupe.ActorStopped):
            spinning.result(TIMEOUT)

    def test_leaving_the_context_waits_for_all_messages(self):
        with troupe.System(workers=1) as system:
            echo = system.spawn("actors.echo")
            answers = [echo.ask(i) for i in range(100)]
        self.assertEqual([a.result(0) for a in answers], list(range(100)))

    def test_an_exception_leaves_the_context_at_once(self):
        with self.assertRaises(KeyError):
            with troupe.System(workers=1) as system:
                system.spawn("actors.echo")
                raise KeyError("mine")
        self.assertTrue(system.closing)


class Stopper:
    @troupe.handler
    def stop_all(self):
        troupe.context.system.shutdown()


def main(system):
    support.run(globals())
