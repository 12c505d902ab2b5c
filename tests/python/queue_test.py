# SPDX-License-Identifier: Apache-2.0
"""troupe.Queue and its like, between threads, interpreters and asyncio."""

import asyncio
import queue
import threading
import unittest
from concurrent import futures

import tasks

import troupe

TIMEOUT = 60


class Relay:
    """An actor that waits in queues."""

    @troupe.handler
    def copy(self, source, target, count):
        for _ in range(count):
            target.put(source.get())

    @troupe.handler
    async def copy_async(self, source, target):
        async for item in source:
            await target.put_async(item)
        target.close()

    @troupe.handler
    def wait_for_ever(self, source):
        source.get()

    @troupe.handler
    def add(self, lock, total, count):
        for _ in range(count):
            with lock:
                total.put(total.get() + 1)

    @troupe.handler
    def wait(self, event):
        return event.wait(TIMEOUT)

    @troupe.handler
    def pass_barrier(self, barrier, times):
        return [barrier.wait(TIMEOUT) for _ in range(times)]

    @troupe.handler
    def consume(self, condition, items, count):
        got = []
        while len(got) < count:
            with condition:
                condition.wait_for(lambda: not items.empty(), TIMEOUT)
                got.append(items.get_nowait())
        return got


class SharedTestCase(unittest.TestCase):
    def setUp(self):
        self.system = troupe.System(workers=2)
        self.addCleanup(self.system.shutdown)

    def relay(self):
        return self.system.spawn(Relay)


class InOneThread(unittest.TestCase):
    def test_items_come_in_order_as_copies(self):
        items, first = troupe.Queue(), [1]
        items.put(first)
        items.put("second")
        first.append(2)
        self.assertEqual((items.qsize(), items.empty(), items.full()), (2, False, False))
        self.assertEqual((items.get(), items.get_nowait()), ([1], "second"))
        self.assertTrue(items.empty())

    def test_full_and_empty(self):
        items = troupe.Queue(1)
        with self.assertRaises(queue.Empty):
            items.get_nowait()
        with self.assertRaises(queue.Empty):
            items.get(timeout=0.001)
        items.put(1)
        self.assertTrue(items.full())
        with self.assertRaises(queue.Full):
            items.put_nowait(2)
        with self.assertRaises(queue.Full):
            items.put(2, timeout=0.001)
        self.assertEqual(items.maxsize, 1)
        with self.assertRaises(ValueError):
            items.get(timeout=-1)

    def test_what_cant_be_sent_is_refused_at_once(self):
        items = troupe.Queue()
        with self.assertRaisesRegex(TypeError, r"item\['x'\].*lock"):
            items.put({"x": threading.Lock()})
        self.assertTrue(items.empty())

    def test_join_waits_until_all_is_done(self):
        items = troupe.Queue()
        items.join()
        for n in range(3):
            items.put(n)
        worker = threading.Thread(target=tasks.finish_all, args=(items, 3))
        worker.start()
        items.join()
        worker.join()
        self.assertTrue(items.empty())
        with self.assertRaisesRegex(ValueError, "too many times"):
            items.task_done()
        items.put(1)
        items.get()
        self.assertFalse(items._channel.wait_finished(0.001))
        items.task_done()
        items.join()

    def test_what_a_shutdown_drops_isnt_waited_for(self):
        items = troupe.Queue()
        items.put(1)
        items.put(2)
        items.get()
        waiting = threading.Thread(target=items.join)
        waiting.start()
        items.shutdown(immediate=True)
        self.assertTrue(waiting.is_alive())  # for what was got
        items.task_done()
        waiting.join()

    @unittest.skipUnless(hasattr(queue, "ShutDown"), "ShutDown came with 3.13")
    def test_a_closed_queue_can_be_emptied(self):
        items = troupe.Queue()
        items.put(1)
        items.put(2)
        items.close()
        self.assertTrue(items.closed)
        with self.assertRaises(queue.ShutDown):
            items.put(3)
        self.assertEqual(list(items), [1, 2])
        with self.assertRaises(queue.ShutDown):
            items.get()
        items = troupe.Queue()
        items.put(1)
        items.shutdown(immediate=True)
        with self.assertRaises(queue.ShutDown):
            items.get()

    def test_one_that_was_sent_is_the_same(self):
        with troupe.ActorPoolExecutor(1) as executor:
            for each in (troupe.Queue(), troupe.Lock(), troupe.Condition(), troupe.Barrier(2)):
                self.assertEqual(executor.submit(list, [each]).result(TIMEOUT), [each])


class BetweenInterpreters(SharedTestCase):
    def test_an_actor_gets_and_puts(self):
        source, target = troupe.Queue(), troupe.Queue(2)
        self.relay().tell.copy(source, target, 100)
        for n in range(100):
            source.put(n)
        self.assertEqual([target.get(timeout=TIMEOUT) for _ in range(100)], list(range(100)))

    def test_an_async_handler_does_too(self):
        source, target = troupe.Queue(1), troupe.Queue(1)
        relay = self.relay()
        relay.tell.copy_async(source, target)
        feeder = threading.Thread(target=lambda: [source.put(n) for n in range(100)])
        feeder.start()
        got = [target.get(timeout=TIMEOUT) for _ in range(100)]
        feeder.join()
        source.close()
        self.assertEqual((got, list(target)), (list(range(100)), []))

    def test_workers_of_an_executor_say_what_is_done(self):
        items = troupe.Queue()
        with troupe.ActorPoolExecutor(2, system=self.system) as executor:
            done = [executor.submit(tasks.finish_all, items, 50) for _ in range(2)]
            for n in range(100):
                items.put(n)
            items.join()
            self.assertTrue(items.empty())
            for each in done:
                each.result(TIMEOUT)

    def test_workers_of_an_executor_share_one(self):
        items = troupe.Queue()
        with troupe.ActorPoolExecutor(2) as executor:
            list(executor.map(lambda n: items.put(n), range(50)))
        items.close()
        self.assertEqual(sorted(items), list(range(50)))

    def test_a_kill_ends_the_wait(self):
        items, relay = troupe.Queue(), self.relay()
        relay.tell.wait_for_ever(items)
        relay.kill()
        self.assertTrue(relay.join(TIMEOUT))
        items.put(1)
        self.assertEqual(items.get(timeout=TIMEOUT), 1)

    def test_nothing_is_lost_between_many(self):
        items, results = troupe.Queue(3), troupe.Queue()
        relays = [self.relay() for _ in range(3)]
        for relay in relays:
            relay.tell.copy(items, results, 200)

        def put(start):
            for n in range(200):
                items.put(start + n)

        threads = [threading.Thread(target=put, args=(n * 200,)) for n in range(3)]
        for thread in threads:
            thread.start()
        got = sorted(results.get(timeout=TIMEOUT) for _ in range(600))
        for thread in threads:
            thread.join()
        self.assertEqual(got, list(range(600)))


class InAsyncio(unittest.TestCase):
    def test_a_task_waits_and_others_go_on(self):
        async def work():
            items = troupe.Queue(1)

            async def produce():
                for n in range(50):
                    await items.put_async(n)
                items.close()

            task = asyncio.create_task(produce())
            got = [item async for item in items]
            await task
            return got

        self.assertEqual(asyncio.run(work()), list(range(50)))

    def test_a_thread_wakes_a_task(self):
        async def work():
            items = troupe.Queue()
            waiting = asyncio.create_task(items.get_async())
            await asyncio.sleep(0)
            thread = threading.Thread(target=items.put, args=("woken",))
            thread.start()
            result = await asyncio.wait_for(waiting, TIMEOUT)
            thread.join()
            return result

        self.assertEqual(asyncio.run(work()), "woken")

    def test_a_task_joins(self):
        async def main():
            items = troupe.Queue()
            await items.join_async()
            await items.put_async(1)
            joined = asyncio.create_task(items.join_async())
            await items.get_async()
            self.assertFalse(joined.done())
            items.task_done()
            await asyncio.wait_for(joined, TIMEOUT)

        asyncio.run(main())

    def test_a_cancelled_wait_takes_nothing(self):
        async def work():
            items = troupe.Queue()
            given_up = asyncio.create_task(items.get_async())
            waiting = asyncio.create_task(items.get_async())
            await asyncio.sleep(0)
            items.put("one")  # the first has been told
            given_up.cancel()
            return await asyncio.wait_for(waiting, TIMEOUT)

        self.assertEqual(asyncio.run(work()), "one")


class Primitives(SharedTestCase):
    def test_a_lock_keeps_others_out(self):
        lock, total = troupe.Lock(), troupe.Queue()
        total.put(0)
        relays = [self.relay() for _ in range(3)]
        for asked in [relay.ask.add(lock, total, 100) for relay in relays]:
            asked.result(TIMEOUT)
        self.assertEqual(total.get(), 300)
        self.assertTrue(lock.acquire())
        self.assertFalse(lock.acquire(blocking=False))
        self.assertFalse(lock.acquire(timeout=0.001))
        lock.release()
        with self.assertRaises(RuntimeError):
            lock.release()

    def test_a_semaphore_lets_so_many_in(self):
        semaphore = troupe.Semaphore(2)
        with semaphore, semaphore:
            self.assertFalse(semaphore.acquire(False))
        semaphore.release()
        self.assertTrue(all(semaphore.acquire(False) for _ in range(3)))
        with self.assertRaises(ValueError):
            troupe.Semaphore(-1)

    def test_an_event_lets_all_go_on(self):
        event = troupe.Event()
        self.assertFalse(event.wait(0.001))
        waiting = [self.relay().ask.wait(event) for _ in range(3)]
        event.set()
        self.assertTrue(all(each.result(TIMEOUT) for each in waiting))
        self.assertTrue(event.is_set())
        event.clear()
        self.assertFalse(event.is_set())

    def test_a_condition_tells_those_who_wait(self):
        condition, items = troupe.Condition(), troupe.Queue()
        asked = [self.relay().ask.consume(condition, items, 20) for _ in range(2)]
        for n in range(40):
            with condition:
                items.put(n)
                condition.notify()
        got = [n for each in asked for n in each.result(TIMEOUT)]
        self.assertEqual(sorted(got), list(range(40)))
        with self.assertRaises(RuntimeError):
            condition.notify()
        with condition:
            self.assertFalse(condition.wait(0.001))
            self.assertFalse(condition.wait_for(lambda: False, 0.001))

    def test_who_has_given_up_takes_no_notification(self):
        condition, seen = troupe.Condition(), troupe.Queue()
        with condition:
            condition.wait(0.001)

        def wait():
            with condition:
                seen.put("waits")
                seen.put(condition.wait(TIMEOUT))

        thread = threading.Thread(target=wait)
        thread.start()
        seen.get(timeout=TIMEOUT)
        with condition:
            condition.notify()
        self.assertTrue(seen.get(timeout=TIMEOUT))
        thread.join()

    def test_a_barrier_waits_for_all(self):
        barrier = troupe.Barrier(3)
        asked = [self.relay().ask.pass_barrier(barrier, 10) for _ in range(3)]
        passed = zip(*(each.result(TIMEOUT) for each in asked))
        self.assertEqual([sorted(each) for each in passed], [[0, 1, 2]] * 10)

    def test_a_barrier_breaks(self):
        barrier = troupe.Barrier(2)
        with self.assertRaises(threading.BrokenBarrierError):
            barrier.wait(0.001)
        self.assertTrue(barrier.broken)
        with self.assertRaises(threading.BrokenBarrierError):
            barrier.wait()
        barrier.reset()
        with futures.ThreadPoolExecutor(1) as threads:
            other = threads.submit(barrier.wait, TIMEOUT)
            barrier.wait(TIMEOUT)
            other.result(TIMEOUT)
        barrier.abort()
        with self.assertRaises(threading.BrokenBarrierError):
            barrier.wait()


if __name__ == "__main__":
    unittest.main()
