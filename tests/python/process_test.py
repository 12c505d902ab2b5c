# SPDX-License-Identifier: Apache-2.0
"""home="process": an actor in a child process is an actor like any other, and
what happens to its process happens to it alone."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import threading
import time

import support
import troupe
from support import TIMEOUT

from actors.shapes import Counter


class ProcessTestCase(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def spawn_hosted(self, *args, **keywords):
        return self.spawn("actors.hosted", *args, **{"home": "process"} | keywords)

    def watched(self, **keywords):
        log = self.spawn("actors.notes")
        return log, self.spawn_hosted(log, **keywords)

    def wait_until_told(self, log, line):
        while line not in log.ask.messages().result(TIMEOUT):
            pass

    def path(self, name="flag"):
        return os.path.join(self.folder, name)

    def end_system(self):
        super().end_system()
        self.assert_no_children()

    def assert_no_children(self):
        """Neither zombies nor processes that still run."""
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


class Living(ProcessTestCase):
    def test_it_runs_in_another_process_and_answers(self):
        actor = self.spawn_hosted()
        pid = actor.ask.pid().result(TIMEOUT)
        self.assertNotEqual(pid, os.getpid())
        self.assertEqual(actor.ask.pid().result(TIMEOUT), pid)
        self.assertEqual(actor.ask("x").result(TIMEOUT), "x")

    def test_it_keeps_its_state(self):
        actor = self.spawn_hosted()
        for _ in range(200):
            actor.tell.add(2)
        self.assertEqual(actor.ask.add(0).result(TIMEOUT), 400)
        self.assert_quiet()
        self.assertEqual(actor.handled, 201)

    def test_all_kinds_of_values_come_back_equal(self):
        actor = self.spawn_hosted()
        values = [None, 1 << 80, 1.5, "\udc80", b"", ("a", {"b": [1, {2}]}), range(3)]
        values += [Counter.add.__name__, ValueError("x").args, 10**6 * "y", b"z" * 10**6]
        for value in values:
            self.assertEqual(actor.ask(value).result(TIMEOUT), value)

    def test_a_class_is_an_actor_there_too(self):
        counter = self.spawn(Counter, 10, step=5, home="process")
        self.assertEqual(counter.ask.add(2).result(TIMEOUT), 20)

    def test_an_exception_is_raised_at_whoever_asked(self):
        actor = self.spawn_hosted()
        with self.assertRaises(ZeroDivisionError):
            actor.ask.divide(1, 0).result(TIMEOUT)
        self.assertEqual(actor.ask.divide(1, 1).result(TIMEOUT), 1)

    def test_modules_that_refuse_subinterpreters_run_there(self):
        actor = self.spawn_hosted()
        for name in ("curses", "readline"):
            self.assertEqual(actor.ask.module(name).result(TIMEOUT), name)

    def test_two_have_two_processes_and_those_of_one_name_have_one(self):
        alone = [self.spawn_hosted() for _ in range(2)]
        together = [self.spawn_hosted(home="process:x") for _ in range(3)]
        pids = [actor.ask.pid().result(TIMEOUT) for actor in alone + together]
        self.assertEqual(len(set(pids)), 3)
        self.assertEqual(len(set(pids[2:])), 1)
        together[0].tell.add(5)
        self.assertEqual(together[0].ask.add().result(TIMEOUT), 6)
        self.assertEqual(together[1].ask.add().result(TIMEOUT), 1)

    def test_it_has_the_parents_environment(self):
        os.environ["TROUPE_TEST_WORD"] = "set late"
        self.addCleanup(os.environ.pop, "TROUPE_TEST_WORD")
        actor = self.spawn_hosted()
        word, path, folder = actor.ask.environment("TROUPE_TEST_WORD").result(TIMEOUT)
        self.assertEqual((word, folder), ("set late", os.getcwd()))
        self.assertIn(os.path.dirname(os.path.abspath(__file__)), map(os.path.abspath, path))

    def test_ctrl_c_is_for_the_parent(self):
        self.assertTrue(self.spawn_hosted().ask.sigint().result(TIMEOUT))

    def test_messages_of_one_sender_arrive_in_order(self):
        actor = self.spawn("actors.notes", home="process")
        for n in range(1000):
            actor.tell(n)
        self.assertEqual(actor.ask.messages().result(TIMEOUT), list(range(1000)))

    def test_quiet_comes_after_what_it_has_told(self):
        log, actor = self.watched()
        for round in range(20):
            actor.tell.tell(log, *range(10))
            self.assert_quiet()
            self.assertEqual(log.ask.take_messages().result(TIMEOUT)[-10:], list(range(10)))

    def test_async_handlers_are_under_way_at_the_same_time(self):
        actor = self.spawn_hosted(concurrency=50)
        waiting = [actor.ask.wait_async(self.path()) for _ in range(49)]
        self.assertEqual(actor.ask.add(7).result(TIMEOUT), 7)
        open(self.path(), "w").close()
        self.assertEqual({f.result(TIMEOUT) for f in waiting}, {7})

    def test_answers_that_come_later_hold_up_nothing(self):
        actor = self.spawn_hosted()
        futures = [actor.ask.later() for _ in range(100)]
        actor.tell.answer_all()
        self.assertEqual([f.result(TIMEOUT) for f in futures], list(range(100)))

    def test_more_can_be_stashed_than_are_under_way(self):
        actor = self.spawn_hosted()
        futures = [actor.ask.stash_until_opened(n) for n in range(200)]
        actor.options(priority=True).tell.open_stash()
        self.assertEqual([f.result(TIMEOUT) for f in futures], list(range(200)))

    def test_a_request_that_is_given_up_is_cancelled_there(self):
        log, actor = self.watched()
        future = actor.ask.wait_for_ever()
        self.wait_until_told(log, "waits for ever")
        future.cancel()
        self.wait_until_told(log, "given up")

    def test_an_answer_that_comes_too_late_is_a_dead_letter(self):
        actor = self.spawn_hosted()
        future = actor.options(timeout=0.05).ask.hold(self.path())
        with self.assertRaises(troupe.AskTimeout):
            future.result(TIMEOUT)
        open(self.path(), "w").close()
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"late_reply": 1})

    def test_a_full_mailbox_is_told(self):
        log, actor = self.watched(mailbox=1, overflow="fail")
        actor.tell.hold(self.path())
        self.wait_until_told(log, "holds")
        with self.assertRaises(troupe.MailboxFull):
            for _ in range(1000):
                actor.tell.add()
        open(self.path(), "w").close()
        self.assert_quiet()

    def test_the_tree_shows_what_runs_there(self):
        log, actor = self.watched(name="far away")
        pid = actor.ask.pid().result(TIMEOUT)
        actor.tell.hold(self.path())
        self.wait_until_told(log, "holds")
        tree = self.system.tree()
        open(self.path(), "w").close()
        here, there = tree.split(f"\nprocess {pid}:\n")
        self.assertIn(f"process, pid {pid})", here)
        self.assertRegex(there, r"(?m)^  far away \(actors.hosted, .*in handler 'hold'")
        self.assertRegex(there, r"(?m)^      File .*hosted.py., line \d+, in hold")
        self.assert_quiet()


class Crowded(ProcessTestCase):
    many = 500  # more than are under way and wait, at both ends

    def held(self, home, overflow):
        log = self.spawn("actors.notes")
        actor = self.spawn_hosted(log, home=home, mailbox=2, overflow=overflow)
        actor.tell.hold(self.path())
        self.wait_until_told(log, "holds")
        return actor

    def let_go(self):
        open(self.path(), "w").close()

    def assert_all_handled(self, actor, count):
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {})
        self.assertEqual(actor.handled, count)

    def test_block_makes_a_thread_wait_that_sends_to_it(self):
        actor = self.held("process", "block")
        thread = threading.Thread(target=self.send_many, args=(actor,))
        thread.start()
        self.assertTrue(thread.is_alive())
        self.let_go()
        thread.join(TIMEOUT)
        self.assertFalse(thread.is_alive())
        self.assert_all_handled(actor, self.many + 1)

    def send_many(self, actor):
        for n in range(self.many):
            actor.tell(n)

    def test_block_makes_it_wait_when_it_sends_to_another_process(self):
        for home in ("own", "process"):
            actor, sender = self.held(home, "block"), self.spawn_hosted()
            sending = sender.ask.tell(actor, *range(self.many))
            self.assertFalse(sending.done())
            self.let_go()
            sending.result(TIMEOUT)
            self.assert_all_handled(actor, self.many + 1)
            os.remove(self.path())

    def test_a_kill_ends_one_that_waits_so(self):
        actor, sender = self.held("own", "block"), self.spawn_hosted()
        sending = sender.ask.tell(actor, *range(self.many))
        sender.kill()
        with self.assertRaises(troupe.ActorStopped):
            sending.result(TIMEOUT)
        self.let_go()
        self.assert_quiet()

    def test_it_is_told_of_a_full_mailbox_in_another_process(self):
        refused = 0
        for home in ("own", "process"):
            actor, sender = self.held(home, "fail"), self.spawn_hosted()
            with self.assertRaises(troupe.MailboxFull):
                sender.ask.tell(actor, *range(self.many)).result(TIMEOUT)
            self.let_go()
            self.assert_quiet()
            refused += 1
            self.assertEqual(self.system.dead_letters(), {"mailbox_full": refused})
            os.remove(self.path())

    def test_the_order_holds_where_senders_wait(self):
        log = self.spawn("actors.notes", mailbox=2, overflow="block")
        self.spawn_hosted().ask.tell(log, *range(2000)).result(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(log.ask.messages().result(TIMEOUT), list(range(2000)))


class Refusing(ProcessTestCase):
    def test_what_lives_in_one_process_only_is_refused_at_the_sender(self):
        actor = self.spawn_hosted()
        for value in (troupe.Queue(), troupe.Lock(), [self.system.group("g")]):
            with self.assertRaisesRegex(TypeError, "another process"):
                actor.tell(value)
            with self.assertRaisesRegex(TypeError, "another process"):
                actor.ask(value)

    def test_an_answer_that_cant_cross_is_an_error_at_the_asker(self):
        with self.assertRaisesRegex(Exception, "another process"):
            self.spawn_hosted().ask.unsendable().result(TIMEOUT)

    def test_what_started_raises_is_the_cause_of_the_spawn_error(self):
        with self.assertRaisesRegex(troupe.SpawnError, "not today") as caught:
            self.spawn_hosted(fail="not today")
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        self.assertEqual(self.system.actors(), [])

    def test_modules_that_cant_be_actors(self):
        for name, cause in {
            "actors.no_such_file": ModuleNotFoundError,
            "actors.bad_syntax": SyntaxError,
            "actors.no_actor": TypeError,
        }.items():
            with self.assertRaises(troupe.SpawnError) as caught:
                self.spawn(name, home="process")
            self.assertIsInstance(caught.exception.__cause__, cause)

    def test_a_crash_while_it_starts_is_a_spawn_error(self):
        with self.assertRaisesRegex(troupe.SpawnError, "SIGSEGV"):
            self.spawn_hosted(fail="crash")

    def test_a_handler_that_isnt_there(self):
        with self.assertRaisesRegex(troupe.TroupeError, "no handler 'nope'"):
            self.spawn_hosted().ask.nope().result(TIMEOUT)

    def test_homes_that_there_are_not(self):
        for home in ("process:", "processes", "process-x"):
            with self.assertRaisesRegex(troupe.SpawnError, "no home"):
                self.spawn_hosted(home=home)
        with self.assertRaisesRegex(troupe.SpawnError, "dedicated"):
            self.spawn_hosted(dedicated=True)


class Ending(ProcessTestCase):
    def test_stop_ends_it_and_its_process(self):
        log, actor = self.watched()
        actor.stop()
        self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(actor.reason, "stopped")
        self.assertEqual(log.ask.messages().result(TIMEOUT), ["started", "stopping stopped"])

    def test_stop_with_drain_handles_what_was_sent_before(self):
        log, actor = self.watched()
        futures = [actor.ask.add() for _ in range(500)]
        actor.stop(drain=True)
        self.assertEqual([f.result(TIMEOUT) for f in futures], list(range(1, 501)))
        self.assertTrue(actor.join(TIMEOUT))

    def test_what_waits_at_a_stop_is_a_dead_letter(self):
        log, actor = self.watched()
        actor.tell.hold(self.path())
        self.wait_until_told(log, "holds")
        for _ in range(100):
            actor.tell.add()
        actor.stop()
        open(self.path(), "w").close()
        self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(self.system.dead_letters(), {"stopped": 100})
        self.assertEqual(actor.handled, 1)

    def test_it_can_stop_itself(self):
        actor = self.spawn_hosted()
        actor.tell.leave()
        self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(actor.reason, "stopped")

    def test_a_failure_is_its_end_with_the_words(self):
        watcher = self.spawn_hosted(self.spawn("actors.notes"))
        actor = self.spawn_hosted()
        actor.tell.break_down()
        self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(actor.reason, "failed")
        self.assertEqual(self.system.dead_letters(), {"failed": 1})
        self.assertTrue(watcher.alive)

    def test_the_systems_shutdown_tells_it(self):
        log, actor = self.watched()
        self.system.shutdown(timeout=TIMEOUT)
        self.assertEqual(actor.reason, "shutdown")
        self.assert_no_children()

    def test_nothing_is_left_open(self):
        self.begin_and_end(kill=True)  # what is opened once
        before = self.open_descriptors()
        for way in range(6):
            self.begin_and_end(kill=bool(way % 2))
        end = time.monotonic() + TIMEOUT
        while len(now := self.open_descriptors()) > len(before):  # the last may be closing yet
            self.assertLess(time.monotonic(), end, f"{before} became {now}")

    def begin_and_end(self, kill):
        actor = self.spawn_hosted()
        actor.ask.pid().result(TIMEOUT)
        actor.kill() if kill else actor.stop()
        self.assertTrue(actor.join(TIMEOUT))
        self.wait_for_no_children()

    def open_descriptors(self):
        """What each is of, by its number."""
        found = {}
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(FileNotFoundError):
                found[number] = os.readlink(f"/proc/self/fd/{number}")
        return found

    def test_no_orphan_is_left_when_the_program_dies(self):
        orphans = os.path.join(os.path.dirname(__file__), "orphans.py")
        for what in ("pid", "hang"):
            program = subprocess.Popen(
                [f"/proc/{os.getpid()}/exe", "run", orphans, what],
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"RUNFILES_DIR": self.package_folder()},
            )
            child = int(program.stdout.readline())
            handle = os.pidfd_open(child)
            program.kill()
            program.wait()
            program.stdout.close()
            readable, _, _ = select.select([handle], [], [], TIMEOUT)
            os.close(handle)
            self.assertTrue(readable, what)

    def package_folder(self):
        package = os.path.dirname(os.path.abspath(troupe.__file__))
        return os.path.abspath(os.path.join(package, "../../../.."))

    def wait_for_no_children(self):
        while self.children():
            time.sleep(0.001)

    def children(self):
        mine = []
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children") as file:
                mine += file.read().split()
        return mine


class Dying(ProcessTestCase):
    ways = {
        "SIGSEGV": "SIGSEGV",
        "abort": "SIGABRT",
        "exit": "exit code 3",
        "SIGKILL": "SIGKILL",
    }

    def test_each_way_to_die_is_told_to_whoever_asked(self):
        for how, words in self.ways.items():
            actor = self.spawn_hosted()
            with self.assertRaisesRegex(troupe.ActorStopped, words):
                actor.ask.crash(how).result(TIMEOUT)
            self.assertTrue(actor.join(TIMEOUT))
            self.assertEqual(actor.reason, "failed")

    def test_it_is_restarted_and_gets_what_it_had_not_begun(self):
        for how in self.ways:
            actor = self.spawn_hosted(restart="permanent")
            before, crashed = actor.ask.add(), actor.ask.crash(how)
            after = [actor.ask.add() for _ in range(100)]
            self.assertEqual(before.result(TIMEOUT), 1)
            with self.assertRaises(troupe.ActorStopped):
                crashed.result(TIMEOUT)
            self.assertEqual([f.result(TIMEOUT) for f in after], list(range(1, 101)))
            self.assertEqual(actor.restarts, 1)
            actor.stop()

    def test_what_had_begun_is_not_begun_again(self):
        actor = self.spawn_hosted(restart="permanent")
        with self.assertRaises(troupe.ActorStopped):
            actor.ask.crash_unless(self.path()).result(TIMEOUT)
        self.assertEqual(actor.ask.crash_unless(self.path()).result(TIMEOUT), 2)

    def test_each_message_is_handled_or_a_dead_letter(self):
        actor = self.spawn_hosted(restart="permanent", max_restarts=None)
        sent = 0
        for round in range(5):
            for n in range(300):
                actor.tell.add()
            actor.tell.crash("SIGKILL")
            sent += 301
        actor.ask.add().result(TIMEOUT)
        self.assert_quiet()
        dead = self.system.dead_letters()
        self.assertEqual(dead, {"failed": 5})
        self.assertEqual(actor.handled + sum(dead.values()), sent + 1)

    def test_a_stashed_message_survives(self):
        actor = self.spawn_hosted(restart="permanent")
        stashed = [actor.ask.stash_until_opened(n) for n in range(50)]
        with self.assertRaises(troupe.ActorStopped):
            actor.ask.crash().result(TIMEOUT)
        actor.ask.open_stash().result(TIMEOUT)
        self.assertEqual([f.result(TIMEOUT) for f in stashed], list(range(50)))

    def test_kill_ends_one_that_hangs_in_c(self):
        for how in ("hang", "spin"):
            log, actor = self.watched()
            future = getattr(actor.ask, how)()
            self.wait_until_told(log, how + "s")
            actor.kill()
            self.assertTrue(actor.join(TIMEOUT))
            with self.assertRaisesRegex(troupe.ActorStopped, "was killed"):
                future.result(TIMEOUT)
            self.assertEqual(actor.reason, "killed")

    def test_a_time_limit_ends_a_handler_or_if_need_be_its_process(self):
        actor = self.spawn_hosted(time_limit=0.2, restart="permanent")
        with self.assertRaises(troupe.HandlerTimeout):
            actor.ask.spin().result(TIMEOUT)
        self.assertEqual(actor.restarts, 0)
        with self.assertRaisesRegex(troupe.ActorStopped, "time limit"):
            actor.ask.hang().result(TIMEOUT)
        self.assertEqual(actor.ask.add().result(TIMEOUT), 1)
        self.assertEqual(actor.restarts, 1)

    def test_those_of_one_process_die_together_and_come_back_together(self):
        actors = [
            self.spawn_hosted(home="process:x", restart="permanent") for _ in range(3)
        ]
        with self.assertRaises(troupe.ActorStopped):
            actors[0].ask.crash().result(TIMEOUT)
        pids = {actor.ask.pid().result(TIMEOUT) for actor in actors}
        self.assertEqual(len(pids), 1)
        self.assertEqual([actor.restarts for actor in actors], [1, 1, 1])

    def test_a_process_that_sends_garbage_is_ended(self):
        actor = self.spawn_hosted()
        with self.assertRaisesRegex(troupe.ActorStopped, "can't be read"):
            actor.ask.write_garbage().result(TIMEOUT)

    def test_a_process_that_closes_its_socket_is_ended(self):
        actor = self.spawn_hosted()
        with self.assertRaises(troupe.ActorStopped):
            actor.ask.close_link().result(TIMEOUT)

    def test_others_live_on(self):
        others = [self.spawn_hosted(), self.spawn("actors.echo")]
        crashing = self.spawn_hosted()
        crashing.tell.crash()
        self.assertTrue(crashing.join(TIMEOUT))
        self.assertEqual([o.ask("x").result(TIMEOUT) for o in others], ["x", "x"])


class Refs(ProcessTestCase):
    def test_a_ref_that_comes_home_is_the_ref_that_was_sent(self):
        actor, other = self.spawn_hosted(), self.spawn("actors.echo", name="other")
        self.assertEqual(actor.ask(other).result(TIMEOUT), other)
        self.assertEqual(actor.ask(actor).result(TIMEOUT), actor)
        self.assertEqual(actor.ask.me().result(TIMEOUT), (actor, actor.name))

    def test_it_asks_actors_of_the_parent_and_of_other_processes(self):
        actor = self.spawn_hosted()
        for other in (self.spawn("actors.echo"), self.spawn_hosted()):
            self.assertEqual(actor.ask.ask(other, "x").result(TIMEOUT), "x")
            self.assertEqual(actor.ask.ask_async(other, "y").result(TIMEOUT), "y")

    def test_actors_that_it_spawns_can_be_asked_from_everywhere(self):
        actor, other = self.spawn_hosted(), self.spawn_hosted()
        local = actor.ask.spawn_local().result(TIMEOUT)
        pid = actor.ask.pid().result(TIMEOUT)
        self.assertEqual(local.ask.whose().result(TIMEOUT), (pid, "local"))
        self.assertEqual(local, actor.ask(local).result(TIMEOUT))
        self.assertEqual(local, other.ask(local).result(TIMEOUT))

    def test_the_sender_is_known(self):
        first, second = self.spawn_hosted(), self.spawn("actors.hosted")
        self.assertIsNone(first.ask.who().result(TIMEOUT))
        self.assertEqual(first.ask.ask_handler(second).result(TIMEOUT), first)
        self.assertEqual(second.ask.ask_handler(first).result(TIMEOUT), second)

    def test_a_message_is_forwarded_over_the_border(self):
        actor, other = self.spawn_hosted(), self.spawn("actors.hosted")
        self.assertEqual(other.ask.add(3).result(TIMEOUT), 3)
        self.assertIsNone(actor.ask.relay(other).result(TIMEOUT))

    def test_the_end_of_a_watched_actor_is_told_across(self):
        log, actor = self.watched()
        other = self.spawn("actors.life", name="other")
        actor.ask.watch(other).result(TIMEOUT)
        other.stop()
        self.wait_until_told(log, "down other stopped")

    def test_a_failure_passes_over_a_link_in_both_directions(self):
        for far_first in (True, False):
            far, near = self.spawn_hosted(), self.spawn("actors.hosted")
            first, second = (far, near) if far_first else (near, far)
            first.ask.link(second).result(TIMEOUT)
            self.assert_quiet()
            second.tell.break_down()
            self.assertTrue(first.join(TIMEOUT))
            self.assertEqual(first.reason, "failed")

            far, near = self.spawn_hosted(), self.spawn("actors.hosted")
            first, second = (far, near) if far_first else (near, far)
            first.ask.link(second).result(TIMEOUT)
            self.assert_quiet()
            first.tell.break_down()
            self.assertTrue(second.join(TIMEOUT))
            self.assertEqual(second.reason, "failed")

    def test_one_that_traps_exits_is_told_and_lives(self):
        log, actor = self.watched()
        other = self.spawn("actors.life", name="other")
        actor.ask.link(other, trap=True).result(TIMEOUT)
        self.assert_quiet()
        other.tell.break_down()
        self.wait_until_told(log, "exit other failed")
        self.assertTrue(actor.alive)

    def test_the_end_of_its_process_ends_what_it_had_spawned(self):
        actor = self.spawn_hosted()
        local = actor.ask.spawn_local().result(TIMEOUT)
        actor.tell.crash("SIGKILL")
        self.assertTrue(local.join(TIMEOUT))
        self.assertEqual(local.reason, "failed")

    def test_names_are_those_of_the_parent(self):
        actor, other = self.spawn_hosted(name="a"), self.spawn("actors.echo", name="b")
        self.assertEqual(actor.ask.lookup("b").result(TIMEOUT), other)
        self.assertEqual(actor.ask.lookup("a").result(TIMEOUT), actor)
        self.assertIsNone(actor.ask.lookup("c").result(TIMEOUT))
        waiting = actor.ask.wait_for("c")
        third = self.spawn("actors.echo", name="c")
        self.assertEqual(waiting.result(TIMEOUT), third)
        actor.ask.register("alias").result(TIMEOUT)
        self.assertEqual(self.system.lookup("alias"), actor)
        actor.ask.unregister("alias").result(TIMEOUT)
        self.assertIsNone(self.system.lookup("alias"))
        with self.assertRaises(troupe.NameTaken):
            actor.ask.register("b").result(TIMEOUT)


class Blobs(ProcessTestCase):
    def test_large_ones_cross_in_both_directions(self):
        actor = self.spawn_hosted()
        blob = troupe.Blob(b"head" + bytes(50_000_000) + b"tail")
        self.assertEqual(
            actor.ask.size_of(blob).result(TIMEOUT), (50_000_008, b"head", b"tail")
        )
        self.assertEqual(bytes(actor.ask(blob).result(TIMEOUT)), bytes(blob))
        made = actor.ask.make_blob(40_000_000).result(TIMEOUT)
        self.assertEqual(len(made), 40_000_000)
        self.assertEqual(bytes(memoryview(made)[-4:]), b"made")

    def test_many_in_one_message(self):
        actor = self.spawn_hosted()
        blobs = [troupe.Blob(bytes([n % 256]) * 70_000) for n in range(400)]
        back = actor.ask(blobs).result(TIMEOUT)
        self.assertEqual(list(map(bytes, back)), list(map(bytes, blobs)))

    def test_one_survives_the_process_that_made_it(self):
        actor = self.spawn_hosted()
        made = actor.ask.make_blob(1_000_000).result(TIMEOUT)
        actor.kill()
        self.assertTrue(actor.join(TIMEOUT))
        self.assertEqual(bytes(made), b"made" * 250_000)


class Teams(ProcessTestCase):
    def test_a_pool_of_processes(self):
        pool = self.system.pool("actors.hosted", size=3, home="process")
        pids = {pool.ask.pid().result(TIMEOUT) for _ in range(12)}
        self.assertEqual(len(pids), 3)
        with self.assertRaises(troupe.ActorStopped):
            pool.ask.crash().result(TIMEOUT)
        for _ in range(6):
            self.assertEqual(pool.ask("x").result(TIMEOUT), "x")
        pool.stop()

    def test_an_executor_of_processes(self):
        with troupe.ActorPoolExecutor(2, home="process", system=self.system) as executor:
            self.assertEqual(list(executor.map(pow, range(100), [2] * 100, chunksize=7)),
                             [n * n for n in range(100)])
            with self.assertRaises(ZeroDivisionError):
                executor.submit(divmod, 1, 0).result(TIMEOUT)
            pids = {executor.submit(os.getpid).result(TIMEOUT) for _ in range(20)}
            self.assertNotIn(os.getpid(), pids)

    def test_system_exit_ends_a_task_and_no_worker(self):
        with troupe.ActorPoolExecutor(1, home="process", system=self.system) as executor:
            pid = executor.submit(os.getpid).result(TIMEOUT)
            exit = executor.submit(sys.exit, 3).exception(TIMEOUT)
            self.assertIsInstance(exit, SystemExit)
            self.assertEqual(exit.code, 3)
            self.assertEqual(executor.submit(os.getpid).result(TIMEOUT), pid)

    def test_a_crash_breaks_an_executor_and_nothing_else(self):
        with troupe.ActorPoolExecutor(1, home="process", system=self.system) as executor:
            crash = executor.submit(os._exit, 3)
            with self.assertRaises(troupe.BrokenActorPool):
                crash.result(TIMEOUT)
        self.assertEqual(self.spawn_hosted().ask("x").result(TIMEOUT), "x")

    def test_a_pool_with_the_interface_of_multiprocessing(self):
        with troupe.Pool(2, home="process", system=self.system) as pool:
            self.assertEqual(pool.map(abs, range(-50, 0)), list(range(50, 0, -1)))
            self.assertEqual(pool.apply(pow, (2, 10)), 1024)

    def test_a_stage_of_a_pipeline(self):
        pipeline = (
            troupe.Pipeline("squares")
            .source(range(2000))
            .map("actors.hosted:square", parallel=2, home="process")
            .map(str)
        )
        found = pipeline.run(system=self.system).items
        self.assertEqual(list(found), [str(n * n) for n in range(2000)])

    def test_a_child_under_a_supervisor(self):
        supervisor = self.system.supervise(
            troupe.Child("actors.hosted", name="a", home="process"),
            troupe.Child("actors.hosted", name="b", home="own"),
            strategy="one_for_all",
        )
        a, b = self.system.lookup("a"), self.system.lookup("b")
        b.ask.add(5).result(TIMEOUT)
        with self.assertRaises(troupe.ActorStopped):
            a.ask.crash().result(TIMEOUT)
        self.assertEqual(a.ask.add().result(TIMEOUT), 1)
        self.assertEqual(b.ask.add().result(TIMEOUT), 1)
        supervisor.stop()

    def test_dead_letters_of_the_child_are_counted_here_once(self):
        actor = self.spawn_hosted()
        local = actor.ask.spawn_local().result(TIMEOUT)
        local.stop()
        self.assertTrue(local.join(TIMEOUT))
        actor.ask.tell(local, 1, 2, 3).result(TIMEOUT)
        self.assert_quiet()
        self.assertEqual(self.system.dead_letters(), {"stopped": 3})


support.run(globals())
