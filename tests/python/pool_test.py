# SPDX-License-Identifier: Apache-2.0
"""troupe.Pool in an ordinary Python: what multiprocessing.Pool documents."""

import itertools
import multiprocessing
import os
import subprocess
import sys
import threading
import unittest

import tasks

import troupe

TIMEOUT = 60


class PoolTestCase(unittest.TestCase):
    def pool(self, workers=2, **options):
        pool = troupe.Pool(workers, **options)
        self.addCleanup(pool.join)
        self.addCleanup(pool.terminate)
        return pool

    def held(self, pool):
        """A task that runs until the returned function is called."""
        ends, seen = os.pipe(), os.pipe()
        for end in (*ends, *seen):
            self.addCleanup(os.close, end)
        result = pool.apply_async(tasks.announce_and_hold, (seen[1], ends[0]))
        os.read(seen[0], 1)
        return result, lambda: os.write(ends[1], b"x")


class OneCall(PoolTestCase):
    def test_apply(self):
        pool = self.pool()
        self.assertEqual(pool.apply(tasks.add, (1,), {"b": 2}), 3)
        with self.assertRaisesRegex(ValueError, "no luck"):
            pool.apply(tasks.fail, ("no luck",))

    def test_apply_async(self):
        result = self.pool().apply_async(lambda n: n + 1, [1])
        self.assertEqual(result.get(TIMEOUT), 2)
        self.assertTrue(result.ready())
        self.assertTrue(result.successful())
        failed = self.pool().apply_async(tasks.fail, ("no",))
        failed.wait(TIMEOUT)
        self.assertFalse(failed.successful())

    def test_what_isnt_there_yet(self):
        result, let_go = self.held(self.pool())
        for kind in (multiprocessing.TimeoutError, TimeoutError):
            with self.assertRaises(kind):
                result.get(timeout=0.001)
        self.assertFalse(result.ready())
        with self.assertRaises(ValueError):
            result.successful()
        let_go()
        self.assertEqual(result.get(TIMEOUT), "let go")

    def test_callbacks(self):
        pool, seen, done = self.pool(), [], threading.Semaphore(0)

        def note(what):
            seen.append(what)
            done.release()

        def never(what):
            self.fail(what)

        pool.apply_async(tasks.square, (3,), {}, note, never)
        self.assertTrue(done.acquire(timeout=TIMEOUT))
        pool.apply_async(tasks.fail, ("x",), callback=never, error_callback=note)
        self.assertTrue(done.acquire(timeout=TIMEOUT))
        pool.map_async(tasks.square, range(4), callback=note)
        self.assertTrue(done.acquire(timeout=TIMEOUT))
        pool.map_async(tasks.fail, "ab", 1, never, note)
        self.assertTrue(done.acquire(timeout=TIMEOUT))
        self.assertEqual((seen[0], seen[2]), (9, [0, 1, 4, 9]))
        self.assertEqual((str(seen[1]), str(seen[3])), ("x", "a"))


class ManyCalls(PoolTestCase):
    def test_map(self):
        pool = self.pool()
        for size in (None, 1, 3, 1000):
            self.assertEqual(pool.map(tasks.square, range(50), size), [n * n for n in range(50)])
        self.assertEqual(pool.map(tasks.square, iter([])), [])
        with self.assertRaisesRegex(ValueError, "first"):
            pool.map(tasks.fail, ["first", "second"], 1)

    def test_starmap(self):
        pool = self.pool()
        self.assertEqual(pool.starmap(pow, [(2, 3), (3, 2)]), [8, 9])
        result = pool.starmap_async(pow, zip(range(10), itertools.repeat(2)), chunksize=4)
        self.assertEqual(result.get(TIMEOUT), [n * n for n in range(10)])

    def test_imap(self):
        pool = self.pool()
        for size in (1, 3):
            results = pool.imap(tasks.square, iter(range(20)), size)
            self.assertEqual(list(results), [n * n for n in range(20)])
        self.assertEqual(list(pool.imap(tasks.square, [])), [])

    def test_imap_unordered(self):
        pool = self.pool()
        held, let_go = self.held(pool)
        for size in (1, 3):
            results = pool.imap_unordered(tasks.square, range(20), size)
            self.assertEqual(sorted(results), [n * n for n in range(20)])
        let_go()
        self.assertEqual(list(pool.imap_unordered(tasks.square, [])), [])

    def test_an_exception_is_raised_in_its_place(self):
        for size in (1, 2, 5):
            results = self.pool().imap(lambda n: 6 // n, (3, 2, 0, 1), size)
            self.assertEqual([next(results), next(results)], [2, 3])
            with self.assertRaises(ZeroDivisionError):
                next(results)

    def test_an_exception_of_the_iterable_is_raised_too(self):
        def items():
            yield 1
            raise KeyError("items")

        pool = self.pool()
        for stream in (pool.imap, pool.imap_unordered):
            results = stream(tasks.square, items())
            with self.assertRaisesRegex(KeyError, "items"):
                list(results)

    def test_next_with_a_timeout(self):
        ends = os.pipe()
        for end in ends:
            self.addCleanup(os.close, end)
        pool = self.pool()
        for stream in (pool.imap, pool.imap_unordered):
            results = stream(tasks.hold, [ends[0]])
            with self.assertRaises(multiprocessing.TimeoutError):
                results.next(timeout=0.001)
            os.write(ends[1], b"x")
            self.assertEqual(results.next(timeout=TIMEOUT), "let go")
            with self.assertRaises(StopIteration):
                results.next(timeout=TIMEOUT)

    def test_an_endless_iterable_is_read_as_it_is_used(self):
        pool, read = self.pool(), []

        def endless():
            for n in itertools.count():
                read.append(n)
                yield n

        results = pool.imap(tasks.square, endless())
        self.assertEqual(list(itertools.islice(results, 2000)), [n * n for n in range(2000)])
        self.assertLess(len(read), 3100)

    def test_what_was_asked_for_before_the_end_is_there_after_it(self):
        pool = self.pool()
        ordered = pool.imap(tasks.square, range(3000))
        unordered = pool.imap_unordered(tasks.square, range(3000))
        pool.close()
        pool.join()
        self.assertEqual(sum(ordered), sum(unordered))


class Life(PoolTestCase):
    def test_an_initializer(self):
        pool = self.pool(initializer=tasks.keep, initargs=["begun"])
        self.assertEqual(set(pool.map(lambda _: __import__("tasks").kept, range(9))), {"begun"})

    def test_a_worker_that_has_run_its_tasks_is_replaced(self):
        pool = troupe.Pool(1, None, (), 2)
        self.addCleanup(pool.terminate)
        counts = [pool.apply(tasks.count_calls) for _ in range(5)]
        self.assertEqual(counts, [1, 2, 1, 2, 1])
        counts = pool.map(lambda _: __import__("tasks").count_calls(), range(6), 3)
        self.assertEqual(counts[:3], [2, 3, 4])  # a chunk is one task
        self.assertEqual(counts[3:], [1, 2, 3])

    def test_a_closed_pool_takes_nothing_and_can_be_joined(self):
        pool = self.pool()
        with self.assertRaisesRegex(ValueError, "still running"):
            pool.join()
        result = pool.apply_async(tasks.square, (2,))
        pool.close()
        for call in (pool.apply, pool.map, pool.imap, pool.starmap_async):
            with self.assertRaisesRegex(ValueError, "not running"):
                call(tasks.square, (1,))
        pool.join()
        self.assertEqual(result.get(0), 4)

    def test_terminate_ends_what_runs(self):
        pool = self.pool()
        endless = pool.apply_async(exec, ("while True: pass", {}))
        pool.terminate()
        pool.join()
        with self.assertRaisesRegex(troupe.BrokenActorPool, "terminated"):
            endless.get(TIMEOUT)

    def test_the_with_block_terminates_it(self):
        with troupe.Pool(2) as pool:
            self.assertEqual(pool.map(tasks.square, [3]), [9])
        with self.assertRaisesRegex(ValueError, "not running"):
            pool.apply(tasks.square, (1,))

    def test_wrong_arguments(self):
        with self.assertRaises(ValueError):
            troupe.Pool(0)
        with self.assertRaises(TypeError):
            troupe.Pool(1, initializer=5)
        with self.assertRaisesRegex(ValueError, "maxtasksperchild"):
            troupe.Pool(1, maxtasksperchild=0)
        with self.assertRaises(ValueError):
            self.pool().map(tasks.square, [1], 0)
        with self.assertRaises(ValueError):
            self.pool().imap(tasks.square, [1], 0)

    def test_a_process_with_an_endless_iterator_ends(self):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import itertools, troupe\n"
                "pool = troupe.Pool(2)\n"
                "results = pool.imap(lambda n: n * n, itertools.count())\n"
                "print(next(results), next(results), next(results))\n",
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("0 1 4\n", "", 0))


if __name__ == "__main__":
    unittest.main()
