# SPDX-License-Identifier: Apache-2.0
"""`async def` handlers and hooks."""

import asyncio
import os
import socket
import sys
import threading

import support
import troupe
from support import TIMEOUT


async def readable(descriptor):
    """Waits for it, without a thread."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.add_reader(descriptor, lambda: future.done() or future.set_result(None))
    try:
        await future
    finally:
        loop.remove_reader(descriptor)


class Waiter:
    def __init__(self):
        self.seen = []

    @troupe.handler
    async def wait(self, descriptor, name="waited"):
        self.seen.append(f"begin {name}")
        await readable(descriptor)
        self.seen.append(name)
        return name

    @troupe.handler
    def note(self, n):
        self.seen.append(n)

    @troupe.handler
    def all_seen(self):
        return self.seen

    @troupe.handler
    async def sleep_for_ever(self, descriptor=None):
        if descriptor is not None:
            os.write(descriptor, b"x")
        await asyncio.Event().wait()

    @troupe.handler
    async def fail_later(self):
        await asyncio.sleep(0)
        raise ValueError("after a while")

    @troupe.handler
    async def exit_later(self):
        await asyncio.sleep(0)
        sys.exit()

    @troupe.handler
    async def cancel_myself(self):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    @troupe.handler
    async def spin(self, descriptor):
        await asyncio.sleep(0)
        os.write(descriptor, b"x")
        while True:
            pass

    @troupe.handler
    async def spin_often(self, descriptor):
        async def spin():
            await asyncio.sleep(0)
            os.write(descriptor, b"x")
            while True:
                pass

        await asyncio.gather(*(spin() for _ in range(3)), return_exceptions=True)

    @troupe.handler
    async def exit_in_background(self):
        self.task = asyncio.create_task(self.exit_later())

    @troupe.handler
    async def take_loop(self):
        self.loop = asyncio.get_running_loop()

    @troupe.handler
    def call_later(self):
        self.loop.call_soon(self.seen.append, "soon")
        self.loop.call_later(0.001, self.seen.append, "later")


class Crowd:
    """Counts how many are in here at the same time."""

    def __init__(self):
        self.inside = self.most = 0

    @troupe.handler
    async def enter(self):
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.001)
        self.inside -= 1
        return self.most

    @troupe.handler
    async def enter_with(self, count):
        self.inside += 1
        if not hasattr(self, "full"):
            self.full = asyncio.Event()
        if self.inside == count:
            self.full.set()
        await self.full.wait()
        return self.inside


class Player:
    @troupe.handler
    def meet(self, other):
        self.other = other

    @troupe.handler
    async def play(self, n):
        return n if n == 0 else 1 + await self.other.ask.play(n - 1)


class Who:
    @troupe.handler
    async def asks(self, descriptor):
        before = troupe.context.sender
        await readable(descriptor)
        inner = await asyncio.create_task(self.sender_later())
        return before, troupe.context.sender, inner, troupe.context.self

    async def sender_later(self):
        await asyncio.sleep(0)
        return troupe.context.sender

    @troupe.handler
    async def ask_of(self, other, descriptor):
        return await other.ask.asks(descriptor)


class Server:
    async def started(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.count = 0

    async def serve(self, reader, writer):
        while line := await reader.readline():
            self.count += 1
            writer.write(line.upper())
        writer.close()

    @troupe.handler
    def port(self):
        return self.server.sockets[0].getsockname()[1]

    @troupe.handler
    def counted(self):
        return self.count


class SlowStart:
    def __init__(self, descriptor=None, other=None, fail=False):
        self.descriptor, self.other, self.fail = descriptor, other, fail
        self.answer = None

    async def started(self):
        if self.descriptor is not None:
            await readable(self.descriptor)
        if self.other is not None:
            self.answer = await self.other.ask.all_seen()
        if self.fail:
            raise ValueError("won't start")

    @troupe.handler
    def answered(self):
        return self.answer


class Cleaner:
    """Says what its end looks like."""

    def __init__(self, out):
        self.out = out

    def say(self, text):
        os.write(self.out, text.encode() + b"\n")

    @troupe.handler
    async def wait(self):
        self.say("waits")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.001)
            self.say("cleaned up")

    @troupe.handler
    async def background(self):
        self.task = asyncio.create_task(self.wait())
        await asyncio.sleep(0)
        self.numbers = self.count()
        await anext(self.numbers)

    async def count(self):
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            self.say("generator closed")

    @troupe.handler
    async def finish(self, descriptor):
        self.say("begins")
        await readable(descriptor)
        self.say("finished")
        return "finished"

    async def stopping(self, reason):
        await asyncio.sleep(0.001)
        self.say(f"stopping {reason}")


class AsyncTestCase(support.SystemTestCase):
    def read_lines(self, count):
        """The next lines that a Cleaner has written."""
        return [self.file.readline().rstrip("\n") for _ in range(count)]

    def cleaner(self, **kwargs):
        read, write = os.pipe()
        self.file = os.fdopen(read)
        self.addCleanup(self.file.close)
        self.addCleanup(os.close, write)
        return self.spawn(Cleaner, write, **kwargs)

    def assert_stopped(self, future):
        with self.assertRaises(troupe.ActorStopped):
            future.result(TIMEOUT)


class Handling(AsyncTestCase):
    workers = 1

    def test_a_handler_that_waits_holds_up_no_other_actor(self):
        for home in "own", troupe.shared("x"), "main":
            with self.subTest(home):
                read, write = self.gate()
                waiting = self.spawn(Waiter, home=home).ask.wait(read)
                neighbour = self.spawn(Waiter, home=home)
                neighbour.ask.note(1).result(TIMEOUT)
                self.assertFalse(waiting.done())
                self.open_gate(write)
                self.assertEqual(waiting.result(TIMEOUT), "waited")

    def test_by_default_the_next_message_waits_for_the_handler(self):
        read, write = self.gate()
        waiter = self.spawn(Waiter)
        waiting = waiter.ask.wait(read)
        for n in range(3):
            waiter.tell.note(n)
        seen = waiter.ask.all_seen()
        self.spawn(Waiter).ask.all_seen().result(TIMEOUT)
        self.assertFalse(seen.done())
        self.open_gate(write)
        self.assertEqual(seen.result(TIMEOUT), ["begin waited", "waited", 0, 1, 2])
        self.assertTrue(waiting.done())

    def test_plain_messages_keep_their_order_among_handlers_that_wait(self):
        read, write = self.gate()
        waiter = self.spawn(Waiter, concurrency=2)
        waiting = waiter.ask.wait(read)
        for n in range(3):
            waiter.tell.note(n)
        self.assertEqual(waiter.ask.all_seen().result(TIMEOUT), ["begin waited", 0, 1, 2])
        self.open_gate(write)
        self.assertEqual(waiting.result(TIMEOUT), "waited")

    def test_concurrency_is_how_many_handlers_may_wait(self):
        crowd = self.spawn(Crowd, concurrency=3)
        self.assertEqual(
            [future.result(TIMEOUT) for future in [crowd.ask.enter_with(3) for _ in "123"]],
            [3, 3, 3],
        )
        crowd = self.spawn(Crowd, concurrency=3)
        many = [crowd.ask.enter() for _ in range(20)]
        self.assertEqual(max(future.result(TIMEOUT) for future in many), 3)

    def test_by_default_one_handler_is_inside(self):
        crowd = self.spawn(Crowd)
        many = [crowd.ask.enter() for _ in range(20)]
        self.assertEqual({future.result(TIMEOUT) for future in many}, {1})

    def test_actors_that_await_each_other_in_turn(self):
        for home in "own", troupe.shared("players"):
            one, two = (self.spawn(Player, concurrency=20, home=home) for _ in "12")
            one.tell.meet(two)
            two.tell.meet(one)
            self.assertEqual(one.ask.play(30).result(TIMEOUT), 30)

    def test_context_is_that_of_the_handlers_own_message(self):
        for home in "own", troupe.shared("who"):
            who = self.spawn(Who, concurrency=2, home=home)
            askers = [self.spawn(Who, home=home) for _ in "12"]
            gates = [self.gate() for _ in askers]
            futures = [
                asker.ask.ask_of(who, gate[0]) for asker, gate in zip(askers, gates)
            ]
            for _, write in reversed(gates):
                self.open_gate(write)
            for asker, future in zip(askers, futures):
                self.assertEqual(future.result(TIMEOUT), (asker, asker, asker, who))

    def test_a_server_begun_in_started_serves_between_messages(self):
        for home in "own", troupe.shared("servers"), "main":
            server = self.spawn(Server, home=home)
            address = "127.0.0.1", server.ask.port().result(TIMEOUT)
            with socket.create_connection(address, TIMEOUT) as connection:
                for n in range(1, 50):
                    connection.sendall(b"abc\n")
                    self.assertEqual(connection.recv(4, socket.MSG_WAITALL), b"ABC\n")
                    self.assertEqual(server.ask.counted().result(TIMEOUT), n)

    def test_thousands_that_wait_cost_neither_threads_nor_descriptors(self):
        actors = [
            self.spawn(Waiter, home=troupe.shared("many"), name=f"w{n}")
            for n in range(2000)
        ]
        actors[0].ask.take_loop().result(TIMEOUT)
        before = [len(os.listdir(f"/proc/self/{what}")) for what in ("task", "fd")]
        waiting = [actor.ask.sleep_for_ever() for actor in actors]
        self.assertFalse(self.system.wait_quiet(0.01))
        after = [len(os.listdir(f"/proc/self/{what}")) for what in ("task", "fd")]
        for now, then in zip(after, before):
            self.assertLess(now - then, 20)
        for actor in actors:
            actor.stop()
        for future in waiting:
            self.assert_stopped(future)

    def test_a_system_whose_handlers_wait_is_not_quiet(self):
        read, write = self.gate()
        waiting = self.spawn(Waiter).ask.wait(read)
        self.assertFalse(self.system.wait_quiet(0.01))
        self.open_gate(write)
        self.assert_quiet()
        self.assertTrue(waiting.done())

    def test_a_plain_handler_may_call_into_the_loop(self):
        waiter = self.spawn(Waiter)
        waiter.ask.take_loop().result(TIMEOUT)
        waiter.ask.call_later().result(TIMEOUT)
        while (seen := waiter.ask.all_seen().result(TIMEOUT)) != ["soon", "later"]:
            self.assertEqual(seen, ["soon"])


class Failing(AsyncTestCase):
    def test_an_exception_after_a_wait_is_the_askers(self):
        waiter = self.spawn(Waiter)
        with self.assertRaisesRegex(ValueError, "after a while") as caught:
            waiter.ask.fail_later().result(TIMEOUT)
        self.assertIn("in fail_later", str(caught.exception.__cause__))
        self.assertEqual(waiter.ask.all_seen().result(TIMEOUT), [])

    def test_a_tell_that_fails_after_a_wait_ends_the_actor(self):
        waiter = self.spawn(Waiter)
        waiter.tell.fail_later()
        late = waiter.ask.all_seen()
        self.assert_stopped(late)
        self.assertEqual(self.system.dead_letters()["failed"], 1)

    def test_sys_exit_after_a_wait_ends_the_actor(self):
        for name in "exit_later", "exit_in_background":
            waiter = self.spawn(Waiter)
            getattr(waiter.tell, name)()
            self.assertTrue(waiter.join(TIMEOUT))
            self.assertEqual(self.system.dead_letters().get("failed", 0), 0)

    def test_a_handler_that_cancels_itself_fails(self):
        waiter = self.spawn(Waiter)
        with self.assertRaisesRegex(troupe.TroupeError, "it was cancelled"):
            waiter.ask.cancel_myself().result(TIMEOUT)
        waiter.tell.cancel_myself()
        self.assertTrue(waiter.join(TIMEOUT))
        self.assertEqual(self.system.dead_letters()["failed"], 1)


    def test_a_handler_that_waits_beyond_its_time_limit(self):
        for home in "own", troupe.shared("x"):
            waiter = self.spawn(Waiter, home=home, time_limit=0.05)
            with self.assertRaises(troupe.HandlerTimeout):
                waiter.ask.sleep_for_ever().result(TIMEOUT)
            self.assertEqual(waiter.ask.all_seen().result(TIMEOUT), [])
            waiter.tell.sleep_for_ever()
            self.assertTrue(waiter.join(TIMEOUT))
            self.assertEqual(waiter.reason, "failed")


class Starting(AsyncTestCase):
    def spawn_in_thread(self, *args, **kwargs):
        outcome = []

        def spawn():
            try:
                outcome.append(self.spawn(*args, **kwargs))
            except troupe.TroupeError as error:
                outcome.append(error)

        thread = threading.Thread(target=spawn)
        thread.start()
        return thread, outcome

    def test_messages_wait_for_started(self):
        read, write = self.gate()
        thread, outcome = self.spawn_in_thread(SlowStart, read, name="slow")
        while (slow := self.system.lookup("slow")) is None:
            pass
        answer = slow.ask.answered()
        self.spawn(Waiter).ask.all_seen().result(TIMEOUT)
        self.assertFalse(answer.done())
        self.assertFalse(outcome)
        self.open_gate(write)
        self.assertIsNone(answer.result(TIMEOUT))
        thread.join()
        self.assertEqual(outcome, [slow])

    def test_what_started_raises_later_is_the_cause(self):
        read, write = self.gate()
        self.open_gate(write)
        with self.assertRaisesRegex(troupe.SpawnError, "couldn't start") as caught:
            self.spawn(SlowStart, read, fail=True)
        self.assertIsInstance(caught.exception.__cause__, ValueError)

    def test_an_actor_stopped_before_it_has_started(self):
        for order in "stop", "kill":
            read, _ = self.gate()
            thread, outcome = self.spawn_in_thread(SlowStart, read, name=order)
            while (slow := self.system.lookup(order)) is None:
                pass
            getattr(slow, order)()
            self.assertTrue(slow.join(TIMEOUT))
            thread.join()
            self.assertIsInstance(outcome[0], troupe.TroupeError)
            self.assertRegex(str(outcome[0]), "before it had started|ActorKilled")

    def test_started_may_await_a_neighbour(self):
        home = troupe.shared("slow")
        other = self.spawn(Waiter, home=home)
        slow = self.spawn(SlowStart, other=other, home=home)
        self.assertEqual(slow.ask.answered().result(TIMEOUT), [])


class Ending(AsyncTestCase):
    def test_stop_cancels_what_waits_and_lets_it_clean_up(self):
        for home in "own", troupe.shared("x"), "main":
            with self.subTest(home):
                before = self.system.dead_letters().get("stopped", 0)
                cleaner = self.cleaner(home=home, concurrency=2)
                futures = [cleaner.ask.wait() for _ in "12"]
                waits_too = cleaner.ask.wait()
                self.assertEqual(self.read_lines(2), ["waits", "waits"])
                cleaner.stop()
                for future in futures + [waits_too]:
                    self.assert_stopped(future)
                self.assertEqual(
                    self.read_lines(3), ["cleaned up", "cleaned up", "stopping stopped"]
                )
                self.assertTrue(cleaner.join(TIMEOUT))
                self.assertEqual(self.system.dead_letters()["stopped"] - before, 3)

    def test_stop_with_drain_finishes_what_waits(self):
        gates = [self.gate() for _ in "123"]
        cleaner = self.cleaner(concurrency=5)
        futures = [cleaner.ask.finish(read) for read, _ in gates]
        cleaner.stop(drain=True)
        late = cleaner.ask.finish(gates[0][0])
        self.assertEqual(self.read_lines(3), ["begins"] * 3)
        self.assertFalse(cleaner.join(0.01))
        for _, write in gates:
            self.open_gate(write)
        for future in futures:
            self.assertEqual(future.result(TIMEOUT), "finished")
        self.assert_stopped(late)
        self.assertEqual(self.read_lines(4), ["finished"] * 3 + ["stopping stopped"])

    def test_background_tasks_and_generators_end_after_stopping(self):
        cleaner = self.cleaner()
        cleaner.ask.background().result(TIMEOUT)
        cleaner.stop()
        self.assertEqual(
            self.read_lines(4),
            ["waits", "stopping stopped", "cleaned up", "generator closed"],
        )
        self.assertTrue(cleaner.join(TIMEOUT))

    def test_kill_reaches_a_handler_that_waits(self):
        for home in "own", troupe.shared("x"), "main":
            read, write = self.gate()
            killed, neighbour = (self.spawn(Waiter, home=home) for _ in "12")
            waiting = killed.ask.sleep_for_ever(write)
            os.read(read, 1)
            killed.kill()
            with self.assertRaisesRegex(troupe.ActorStopped, "killed"):
                waiting.result(TIMEOUT)
            self.assertTrue(killed.join(TIMEOUT))
            self.assertEqual(neighbour.ask.all_seen().result(TIMEOUT), [])

    def test_kill_ends_tasks_that_never_wait(self):
        for handler in "spin", "spin_often":
            read, write = self.gate()
            waiter = self.spawn(Waiter)
            spinning = getattr(waiter.ask, handler)(write)
            os.read(read, 1)
            waiter.kill()
            self.assert_stopped(spinning)
            self.assertTrue(waiter.join(TIMEOUT))

    def test_shutdown_ends_actors_that_wait(self):
        with troupe.System(workers=1) as system:
            waiting = [
                system.spawn(Waiter, home=home).ask.sleep_for_ever()
                for home in ("own", troupe.shared("x"), "main")
            ]
            self.assertEqual(system.shutdown(TIMEOUT), [])
        for future in waiting:
            self.assert_stopped(future)


def main(system):
    support.run(globals())
