# SPDX-License-Identifier: Apache-2.0
"""What asyncio offers works in the event loop of an actor."""

import asyncio
import contextvars
import os
import socket
import sys
import threading
import warnings

import support
import troupe
from support import TIMEOUT

SECRET = contextvars.ContextVar("SECRET", default="unset")


class Uses:
    """Each handler uses one thing of asyncio's, and says what came of it."""

    @troupe.handler
    async def sleep(self):
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(0.02)
        return loop.time() - before

    @troupe.handler
    async def sleep_in_order(self):
        woken = []

        async def nap(seconds):
            await asyncio.sleep(seconds)
            woken.append(seconds)

        naps = [0.03, 0.01, 0.02, 0, 0.005]
        await asyncio.gather(*map(nap, naps))
        return woken, sorted(naps)

    @troupe.handler
    async def earlier_timer(self):
        loop = asyncio.get_running_loop()
        late = loop.call_later(3600, lambda: None)
        await asyncio.sleep(0.001)
        late.cancel()
        cancelled = [loop.call_later(3600, lambda: None) for _ in range(500)]
        for handle in cancelled:
            handle.cancel()
        await asyncio.sleep(0.001)
        return len(loop._scheduled)

    @troupe.handler
    async def streams(self):
        async def serve(reader, writer):
            while data := await reader.readline():
                writer.write(data.upper())
                await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            address = server.sockets[0].getsockname()[:2]
            return await asyncio.gather(*(self.talk(address, n) for n in range(20)))

    async def talk(self, address, n):
        reader, writer = await asyncio.open_connection(*address)
        lines = []
        for text in "one", "two":
            writer.write(f"{text} {n}\n".encode())
            lines.append((await reader.readline()).decode())
        writer.close()
        await writer.wait_closed()
        return lines

    @troupe.handler
    async def much_data(self, size):
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        loop = asyncio.get_running_loop()
        sending = asyncio.create_task(loop.sock_sendall(near, bytes(size)))
        received = 0
        while received < size:
            received += len(await loop.sock_recv(far, 1 << 16))
        await sending
        near.close()
        far.close()
        return received

    @troupe.handler
    async def readers_come_and_go(self):
        loop = asyncio.get_running_loop()
        for _ in range(3):
            read, write = os.pipe()
            readable = loop.create_future()
            loop.add_reader(read, readable.set_result, os.fstat(read).st_size)
            loop.call_later(0.001, os.write, write, b"x")
            await readable
            loop.remove_reader(read)
            os.close(read)
            os.close(write)
        return True

    @troupe.handler
    async def subprocess(self):
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", "read line; echo got $line; exit 3",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate(b"this\n")
        return out, process.returncode

    @troupe.handler
    async def to_thread(self):
        SECRET.set("kept")
        here = threading.get_ident()
        there, secret = await asyncio.to_thread(lambda: (threading.get_ident(), SECRET.get()))
        return here != there, secret

    @troupe.handler
    async def executor(self):
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(loop.run_in_executor(None, pow, 2, n) for n in range(8))
        )

    @troupe.handler
    async def threadsafe(self):
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        thread = threading.Thread(
            target=lambda: loop.call_soon_threadsafe(done.set_result, "called")
        )
        thread.start()
        outcome = await done
        thread.join()

        async def doubled(n):
            return 2 * n

        async def ask_from_thread():
            return await asyncio.to_thread(
                lambda: asyncio.run_coroutine_threadsafe(doubled(21), loop).result(TIMEOUT)
            )

        return outcome, await ask_from_thread()

    @troupe.handler
    async def task_group(self):
        async def fail():
            raise ValueError("one failed")

        cancelled = []

        async def wait():
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(wait())
                group.create_task(wait())
                group.create_task(fail())
        except ExceptionGroup as group:
            return [str(error) for error in group.exceptions], cancelled

    @troupe.handler
    async def timeout(self):
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(3600)
        except TimeoutError:
            pass
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            return "both"

    @troupe.handler
    async def queue(self):
        queue, taken = asyncio.Queue(maxsize=2), []

        async def take():
            while (item := await queue.get()) is not None:
                taken.append(item)

        taker = asyncio.create_task(take())
        for item in [*range(10), None]:
            await queue.put(item)
        await taker
        return taken

    @troupe.handler
    async def locks(self):
        lock, inside, most = asyncio.Lock(), 0, 0

        async def enter():
            nonlocal inside, most
            async with lock:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(enter() for _ in range(10)))
        return most

    @troupe.handler
    async def generators(self):
        closed = []

        async def numbers():
            try:
                for n in range(100):
                    await asyncio.sleep(0)
                    yield n
            finally:
                await asyncio.sleep(0)
                closed.append(True)

        found = []
        async for n in numbers():
            found.append(n)
            if n == 3:
                break
        for _ in range(5):  # the loop closes what was left
            await asyncio.sleep(0)
        return found, closed

    @troupe.handler
    async def context_variables(self, value):
        SECRET.set(value)

        async def read():
            await asyncio.sleep(0)
            return SECRET.get()

        return await asyncio.create_task(read())

    @troupe.handler
    async def unset_context_variable(self):
        return SECRET.get()

    @troupe.handler
    async def current(self):
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        await asyncio.sleep(0)
        return (
            task is asyncio.current_task(), task in asyncio.all_tasks(),
            loop is asyncio.get_running_loop(), loop.is_running(),
        )

    @troupe.handler
    async def debug(self):
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        await asyncio.sleep(0.001)
        await asyncio.to_thread(int)
        loop.set_debug(False)
        return True

    @troupe.handler
    async def refused(self):
        loop, words = asyncio.get_running_loop(), []
        for call in (
            loop.run_forever,
            loop.stop,
            lambda: loop.add_signal_handler(2, print),
            lambda: asyncio.run(asyncio.sleep(0)),
        ):
            with warnings.catch_warnings(action="ignore"):
                try:
                    call()
                except RuntimeError as error:
                    words.append(str(error))
        return words

    @troupe.handler
    def run_in_plain_handler(self):
        return asyncio.run(asyncio.sleep(0, "ran"))

    @troupe.handler
    def no_loop_in_plain_handler(self):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True

    @troupe.handler
    async def await_future(self, other):
        answers = [await other.ask.sleep_in_order()]
        answers += await asyncio.gather(*(other.ask.locks() for _ in range(5)))
        return len(answers)

    @troupe.handler
    def threads(self):
        return threading.active_count()


class Loop(support.SystemTestCase):
    home = "own"

    def setUp(self):
        super().setUp()
        self.actor = self.spawn(Uses, home=self.home)

    def ask(self, name, *args):
        return getattr(self.actor.ask, name)(*args).result(TIMEOUT)

    def test_sleep(self):
        self.assertGreaterEqual(self.ask("sleep"), 0.02)

    def test_sleepers_wake_in_the_order_of_their_deadlines(self):
        woken, by_deadline = self.ask("sleep_in_order")
        self.assertEqual(woken, by_deadline)

    def test_an_earlier_timer_isnt_missed_and_cancelled_ones_go(self):
        self.assertLess(self.ask("earlier_timer"), 200)

    def test_a_server_and_its_clients_in_one_actor(self):
        expected = [[f"ONE {n}\n", f"TWO {n}\n"] for n in range(20)]
        self.assertEqual(self.ask("streams"), expected)

    def test_more_data_than_a_socket_holds(self):
        self.assertEqual(self.ask("much_data", 5_000_000), 5_000_000)

    def test_descriptors_come_and_go(self):
        self.assertTrue(self.ask("readers_come_and_go"))

    def test_subprocess(self):
        self.assertEqual(self.ask("subprocess"), (b"got this\n", 3))

    def test_to_thread(self):
        self.assertEqual(self.ask("to_thread"), (True, "kept"))

    def test_run_in_executor(self):
        self.assertEqual(self.ask("executor"), [1, 2, 4, 8, 16, 32, 64, 128])

    def test_calls_from_other_threads(self):
        self.assertEqual(self.ask("threadsafe"), ("called", 42))

    def test_task_group(self):
        self.assertEqual(self.ask("task_group"), (["one failed"], [True, True]))

    def test_timeouts(self):
        self.assertEqual(self.ask("timeout"), "both")

    def test_queue(self):
        self.assertEqual(self.ask("queue"), list(range(10)))

    def test_lock(self):
        self.assertEqual(self.ask("locks"), 1)

    def test_async_generators_are_closed(self):
        self.assertEqual(self.ask("generators"), ([0, 1, 2, 3], [True]))

    def test_context_variables_are_a_handlers_own(self):
        self.assertEqual(self.ask("context_variables", "mine"), "mine")
        self.assertEqual(self.ask("unset_context_variable"), "unset")

    def test_current_task_and_loop(self):
        self.assertEqual(self.ask("current"), (True, True, True, True))

    def test_debug_mode(self):
        self.assertTrue(self.ask("debug"))

    def test_what_an_actors_loop_doesnt_do_it_says(self):
        words = self.ask("refused")
        self.assertIn("actor's turns", words[0])
        self.assertIn("troupe.context.stop()", words[1])
        self.assertIn("signals belong to the process", words[2])
        self.assertEqual(len(words), 4)

    def test_a_plain_handler_has_no_loop_and_may_run_one(self):
        self.assertEqual(self.ask("sleep_in_order")[0][0], 0)  # there is a loop
        self.assertTrue(self.ask("no_loop_in_plain_handler"))
        self.assertEqual(self.ask("run_in_plain_handler"), "ran")

    def test_futures_of_troupe_are_awaited_without_a_thread(self):
        before = self.ask("threads")
        self.assertEqual(self.ask("await_future", self.spawn(Uses)), 6)
        self.assertEqual(self.ask("threads"), before)


class LoopInSharedHome(Loop):
    home = troupe.shared("loops")


class LoopInMainHome(Loop):
    home = "main"


def main(system):
    support.run(globals())
