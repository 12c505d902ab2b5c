# SPDX-License-Identifier: Apache-2.0
"""troupe.ActorPoolExecutor in an ordinary Python: the behaviours that
concurrent.futures documents, and functions that are sent as code."""

import asyncio
import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from concurrent import futures

import tasks

import troupe

TIMEOUT = 60
factor = 10
table = {"one": 1}
calls = None


def times_factor(n):
    return n * factor


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def remember(value):
    global calls
    calls = [value]


def call_again():
    calls.append(len(calls))
    return calls


def encoded(value):
    return json.dumps(value)


def has_path(path):
    return os.path.isabs(path)


class Gate:
    """A task that runs until the test lets it go."""

    def __init__(self, case):
        self.reader, self._writer = os.pipe()
        self._seen, self.announce = os.pipe()
        for each in (self.reader, self._writer, self._seen, self.announce):
            case.addCleanup(os.close, each)

    def submit(self, executor):
        """The future of a task that has begun."""
        future = executor.submit(tasks.announce_and_hold, self.announce, self.reader)
        os.read(self._seen, 1)
        return future

    def open(self, times=1):
        os.write(self._writer, b"x" * times)


class ExecutorTestCase(unittest.TestCase):
    def executor(self, workers=1, **options):
        executor = troupe.ActorPoolExecutor(workers, **options)
        self.addCleanup(executor.shutdown)
        return executor


class Submitting(ExecutorTestCase):
    def test_the_result_of_a_call(self):
        future = self.executor().submit(tasks.add, 1, b=2)
        self.assertIsInstance(future, futures.Future)
        self.assertEqual(future.result(TIMEOUT), 3)
        self.assertTrue(future.done())
        self.assertIsNone(future.exception())

    def test_it_is_an_executor_and_a_context_manager(self):
        with troupe.ActorPoolExecutor(max_workers=2) as executor:
            self.assertIsInstance(executor, futures.Executor)
            future = executor.submit(tasks.square, 3)
        self.assertEqual(future.result(0), 9)

    def test_functions_of_c_methods_and_partial_objects(self):
        executor = self.executor()
        self.assertEqual(executor.submit(pow, 2, 10).result(TIMEOUT), 1024)
        self.assertEqual(executor.submit("a,b".split, ",").result(TIMEOUT), ["a", "b"])
        partial = functools.partial(tasks.add, 1, b=5)
        self.assertEqual(executor.submit(partial).result(TIMEOUT), 6)

    def test_an_exception_comes_back_as_it_was_with_its_traceback_as_cause(self):
        future = self.executor().submit(tasks.fail, "bad luck")
        with self.assertRaisesRegex(ValueError, "bad luck") as caught:
            future.result(TIMEOUT)
        self.assertIn("in fail", str(caught.exception.__cause__))
        self.assertIs(future.exception(), caught.exception)

    def test_an_exception_with_arguments_of_its_own(self):
        error = self.executor().submit(tasks.fail_oddly).exception(TIMEOUT)
        self.assertIsInstance(error, tasks.OddError)
        self.assertEqual((error.first, error.second), (1, 2))

    def test_system_exit_ends_the_task_and_no_worker(self):
        executor = self.executor()
        self.assertIsInstance(
            executor.submit(tasks.exit_here).exception(TIMEOUT), SystemExit
        )
        self.assertEqual(executor.submit(tasks.square, 2).result(TIMEOUT), 4)

    def test_what_cant_be_sent_is_an_exception_in_the_future_that_names_it(self):
        executor = self.executor()
        lock = threading.Lock()
        error = executor.submit(tasks.add, {"a": [lock]}).exception(TIMEOUT)
        self.assertIsInstance(error, TypeError)
        self.assertRegex(str(error), r"\['a'\]\[0\].*lock")
        error = executor.submit(tasks.unshareable).exception(TIMEOUT)
        self.assertIsInstance(error, TypeError)
        self.assertRegex(str(error), "result.*lock")
        self.assertEqual(executor.submit(tasks.square, 2).result(TIMEOUT), 4)

    def test_no_task_waits_behind_a_slow_one(self):
        executor, gate = self.executor(2), Gate(self)
        slow = gate.submit(executor)
        quick = [executor.submit(tasks.square, n) for n in range(100)]
        self.assertEqual([f.result(TIMEOUT) for f in quick], [n * n for n in range(100)])
        self.assertTrue(slow.running())
        gate.open()
        self.assertEqual(slow.result(TIMEOUT), "let go")

    def test_as_many_run_at_a_time_as_there_are_workers(self):
        executor, gate = self.executor(5), Gate(self)
        held = [gate.submit(executor) for _ in range(5)]
        self.assertFalse(executor.submit(tasks.square, 1).running())
        gate.open(5)
        self.assertEqual([f.result(TIMEOUT) for f in held], ["let go"] * 5)

    def test_from_several_threads(self):
        executor, results = self.executor(2), []

        def submit(start):
            asked = [executor.submit(tasks.square, start + n) for n in range(200)]
            results.extend(f.result(TIMEOUT) for f in asked)

        threads = [threading.Thread(target=submit, args=(n * 200,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [n * n for n in range(800)])

    def test_a_task_may_have_an_executor_of_its_own(self):
        self.assertEqual(
            self.executor().submit(tasks.submit_within, 5).result(TIMEOUT), 25
        )

    def test_wrong_arguments(self):
        for wrong in (0, -1):
            with self.assertRaisesRegex(ValueError, "max_workers"):
                troupe.ActorPoolExecutor(wrong)
        with self.assertRaisesRegex(TypeError, "initializer"):
            troupe.ActorPoolExecutor(1, initializer=3)

    def test_in_the_main_interpreter(self):
        executor = self.executor(2, home="main")
        self.assertIs(executor.submit(lambda: sys.modules["tasks"].kept).result(TIMEOUT), None)
        self.assertEqual(list(executor.map(tasks.square, range(5))), [0, 1, 4, 9, 16])

    def test_a_system_that_is_given(self):
        with troupe.System(workers=1) as system:
            with troupe.ActorPoolExecutor(2, system=system) as executor:
                self.assertEqual(executor.submit(tasks.square, 4).result(TIMEOUT), 16)
                self.assertTrue(system.actors())
            self.assertEqual(system.actors(), [])
            self.assertEqual(system.dead_letters(), {})


class Waiting(ExecutorTestCase):
    def test_wait_and_as_completed(self):
        executor = self.executor(2)
        asked = [executor.submit(tasks.square, n) for n in range(50)]
        done, not_done = futures.wait(asked, timeout=TIMEOUT)
        self.assertEqual((len(done), not_done), (50, set()))
        asked = [executor.submit(tasks.square, n) for n in range(50)]
        results = [f.result() for f in futures.as_completed(asked, timeout=TIMEOUT)]
        self.assertEqual(sorted(results), [n * n for n in range(50)])

    def test_wait_for_the_first(self):
        executor, gate = self.executor(2), Gate(self)
        slow, quick = gate.submit(executor), executor.submit(tasks.fail, "first")
        for when in (futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION):
            done, not_done = futures.wait([slow, quick], TIMEOUT, when)
            self.assertEqual((done, not_done), ({quick}, {slow}))
        gate.open()

    def test_a_timeout_leaves_the_task_alone(self):
        executor, gate = self.executor(), Gate(self)
        future = gate.submit(executor)
        with self.assertRaises(TimeoutError):
            future.result(timeout=0)
        with self.assertRaises(TimeoutError):
            future.exception(timeout=0.001)
        gate.open()
        self.assertEqual(future.result(TIMEOUT), "let go")

    def test_callbacks(self):
        executor, gate = self.executor(), Gate(self)
        seen, called = [], threading.Event()
        future = gate.submit(executor)
        future.add_done_callback(lambda f: (seen.append(f.result()), called.set()))
        gate.open()
        self.assertTrue(called.wait(TIMEOUT))
        future.add_done_callback(lambda f: seen.append("later"))
        self.assertEqual(seen, ["let go", "later"])

    def test_in_asyncio(self):
        executor = self.executor(2)

        async def work():
            loop = asyncio.get_running_loop()
            asked = [loop.run_in_executor(executor, tasks.square, n) for n in range(20)]
            wrapped = asyncio.wrap_future(executor.submit(tasks.square, 20))
            return await asyncio.gather(*asked, wrapped)

        self.assertEqual(asyncio.run(work()), [n * n for n in range(21)])

    def test_each_future_is_seen_once_however_it_is_waited_for(self):
        executor = self.executor(2)
        for _ in range(30):
            asked = [executor.submit(tasks.square, n) for n in range(20)]
            waits = [
                lambda: [f.result(TIMEOUT) for f in reversed(asked)],
                lambda: futures.wait(asked, TIMEOUT).done,
                lambda: list(futures.as_completed(asked, TIMEOUT)),
            ]
            with futures.ThreadPoolExecutor(3) as threads:
                counts = [len(f.result()) for f in [threads.submit(w) for w in waits]]
            self.assertEqual(counts, [20, 20, 20])


class Cancelling(ExecutorTestCase):
    def test_what_waits_can_be_cancelled_and_what_runs_cant(self):
        executor, gate = self.executor(), Gate(self)
        running = gate.submit(executor)
        waiting = [executor.submit(tasks.keep, n) for n in range(3)]
        self.assertTrue(waiting[1].cancel())
        self.assertTrue(waiting[1].cancel())
        self.assertTrue(waiting[1].cancelled())
        self.assertFalse(running.cancel())
        self.assertTrue(running.running())
        self.assertFalse(waiting[0].running())
        gate.open()
        self.assertEqual(futures.wait(waiting, TIMEOUT).not_done, set())
        with self.assertRaises(futures.CancelledError):
            waiting[1].result()
        self.assertFalse(waiting[0].cancel())
        self.assertEqual(executor.submit(tasks.what_is_kept).result(TIMEOUT), 2)

    def test_who_waits_is_told_of_a_cancellation(self):
        executor, gate = self.executor(), Gate(self)
        gate.submit(executor)
        waiting = executor.submit(tasks.square, 1)
        seen = []
        waiting.add_done_callback(seen.append)
        waiting.cancel()
        self.assertEqual(seen, [waiting])
        self.assertEqual(list(futures.as_completed([waiting], 0)), [waiting])
        gate.open()

    def test_a_cancelled_await_cancels_the_task(self):
        executor, gate = self.executor(), Gate(self)
        gate.submit(executor)
        waiting = executor.submit(tasks.square, 1)

        async def give_up():
            wrapped = asyncio.wrap_future(waiting)
            wrapped.cancel()
            await asyncio.gather(wrapped, return_exceptions=True)

        asyncio.run(give_up())
        self.assertTrue(waiting.cancelled())
        gate.open()


class Mapping(ExecutorTestCase):
    def test_results_come_in_order(self):
        executor = self.executor(2)
        self.assertEqual(list(executor.map(tasks.add, range(3), (5, 6, 7))), [5, 7, 9])
        for size in (1, 3, 100):
            squares = executor.map(tasks.square, range(10), chunksize=size)
            self.assertEqual(list(squares), [n * n for n in range(10)])
        self.assertEqual(list(executor.map(tasks.square, (), chunksize=5)), [])

    def test_an_exception_is_raised_where_its_result_would_be(self):
        executor = self.executor(2)
        for size in (1, 2, 4):
            results = executor.map(lambda n: 6 // n, (3, 2, 1, 0), chunksize=size)
            self.assertEqual([next(results) for _ in range(3)], [2, 3, 6])
            with self.assertRaises(ZeroDivisionError) as caught:
                next(results)
            self.assertIn("6 // n", str(caught.exception.__cause__))

    def test_a_timeout(self):
        executor, gate = self.executor(), Gate(self)
        results = executor.map(
            tasks.announce_and_hold, [gate.announce], [gate.reader], timeout=0.001
        )
        with self.assertRaises(TimeoutError):
            next(results)
        gate.open()

    def test_wrong_arguments(self):
        executor = self.executor()
        with self.assertRaises(ValueError):
            executor.map(tasks.square, (), chunksize=0)
        if sys.version_info >= (3, 14):
            with self.assertRaises(ValueError):
                executor.map(tasks.square, (), buffersize=0)

    @unittest.skipIf(sys.version_info < (3, 14), "buffersize came with 3.14")
    def test_with_a_buffer_an_endless_iterable_is_read_as_it_is_used(self):
        executor, read = self.executor(2), []

        def endless():
            for n in itertools.count():
                read.append(n)
                yield n

        for size in (1, 5):
            read.clear()
            results = executor.map(tasks.square, endless(), buffersize=4, chunksize=size)
            self.assertEqual(list(itertools.islice(results, 40)), [n * n for n in range(40)])
            self.assertLessEqual(len(read), 40 + 5 * size)
            results.close()

    def test_a_long_iterable(self):
        results = self.executor(2).map(tasks.square, range(50_000), chunksize=100)
        self.assertEqual(sum(results), sum(n * n for n in range(50_000)))


class Code(ExecutorTestCase):
    """This file is __main__: what it defines is sent as code."""

    def run_here(self, function, *args):
        return self.executor().submit(function, *args).result(TIMEOUT)

    def test_lambdas_and_closures(self):
        self.assertEqual(self.run_here(lambda a, *, b=3: a + b, 1), 4)
        here = [1, 2]
        self.assertEqual(self.run_here(lambda: here), [1, 2])

        def countdown(n):
            return [n] + countdown(n - 1) if n else []

        self.assertEqual(self.run_here(countdown, 3), [3, 2, 1])

    def test_two_closures_share_what_they_hold(self):
        total = 0

        def add(n):
            nonlocal total
            total += n

        def both():
            add(5)
            return total

        self.assertEqual(self.run_here(both), 5)
        self.assertEqual(total, 0)

    def test_globals_modules_and_other_functions_come_along(self):
        self.assertEqual(self.run_here(times_factor, 4), 40)
        self.assertEqual(self.run_here(fibonacci, 10), 55)
        self.assertTrue(self.run_here(even, 10))
        self.assertEqual(self.run_here(encoded, [1]), "[1]")
        self.assertTrue(self.run_here(has_path, "/"))

    def test_functions_in_arguments_and_in_containers(self):
        self.assertEqual(
            self.run_here(lambda f, x: f["f"](x), {"f": lambda n: n + 1}, 1), 2
        )
        self.assertEqual(self.run_here(functools.partial(lambda a, b: a - b, 5), 2), 3)

    def test_generators_defaults_and_attributes(self):
        def numbers(most=3):
            yield from range(most)

        numbers.unit = "m"
        self.assertEqual(self.run_here(lambda: (list(numbers()), numbers.unit)), ([0, 1, 2], "m"))

    def test_globals_are_as_of_the_time_of_the_call(self):
        global factor
        executor = self.executor()
        self.assertEqual(executor.submit(times_factor, 1).result(TIMEOUT), 10)
        factor = 7
        try:
            self.assertEqual(executor.submit(times_factor, 1).result(TIMEOUT), 7)
        finally:
            factor = 10
        look = lambda: table["one"]  # noqa: E731
        self.assertEqual(executor.submit(look).result(TIMEOUT), 1)
        table["one"] = 2
        self.assertEqual(executor.submit(look).result(TIMEOUT), 2)
        table["one"] = 1

    def test_what_an_initializer_keeps_in_globals_stays(self):
        executor = self.executor(initializer=remember, initargs=("first",))
        self.assertEqual(executor.submit(call_again).result(TIMEOUT), ["first", 1])
        self.assertEqual(executor.submit(call_again).result(TIMEOUT), ["first", 1, 2])

    def test_a_function_that_is_defined_again_is_the_new_one(self):
        executor = self.executor()
        for text in ("old", "new"):
            names = {"__name__": "__main__"}
            exec(f"def helper(): return {text!r}\ndef main(): return helper()", names)
            self.assertEqual(executor.submit(names["main"]).result(TIMEOUT), text)

    def test_what_cant_be_sent_is_named(self):
        lock = threading.Lock()
        with self.assertRaisesRegex(TypeError, "'lock' in the closure of .*lambda"):
            self.run_here(lambda: lock)
        names = {"__name__": "__main__", "held": lock}
        exec("def use():\n return held", names)
        with self.assertRaisesRegex(TypeError, r"the global 'held' that use\(\) uses"):
            self.run_here(names["use"])

    def test_a_traceback_shows_the_line(self):
        error = self.executor().submit(lambda: 1 / 0).exception(TIMEOUT)
        self.assertIn("lambda: 1 / 0", str(error.__cause__))


class Replacing(ExecutorTestCase):
    def test_a_worker_that_has_run_its_tasks_is_replaced(self):
        executor = self.executor(1, max_tasks_per_child=3)
        counts = [executor.submit(tasks.count_calls).result(TIMEOUT) for _ in range(7)]
        self.assertEqual(counts, [1, 2, 3, 1, 2, 3, 1])

    def test_none_runs_more_and_no_task_is_lost(self):
        executor = self.executor(2, max_tasks_per_child=4)
        counts = [executor.submit(tasks.count_calls) for _ in range(30)]
        counts = [each.result(TIMEOUT) for each in counts]
        self.assertEqual(len(counts), 30)
        self.assertLessEqual(max(counts), 4)

    def test_each_begins_with_the_initializer(self):
        executor = self.executor(
            1, initializer=tasks.keep, initargs=("begun",), max_tasks_per_child=1
        )
        kept = [executor.submit(tasks.what_is_kept) for _ in range(3)]
        self.assertEqual([each.result(TIMEOUT) for each in kept], ["begun"] * 3)

    def test_the_end_comes_as_without(self):
        with troupe.ActorPoolExecutor(2, max_tasks_per_child=1) as executor:
            waiting = [executor.submit(tasks.square, n) for n in range(6)]
        self.assertEqual([each.result(0) for each in waiting], [n * n for n in range(6)])

    def test_wrong_limits(self):
        for limit, error in ((0, ValueError), (-1, ValueError), ("1", TypeError)):
            with self.assertRaisesRegex(error, "max_tasks_per_child must be"):
                troupe.ActorPoolExecutor(1, max_tasks_per_child=limit)
        with self.assertRaisesRegex(ValueError, "interpreters of their own"):
            troupe.ActorPoolExecutor(1, max_tasks_per_child=1, home="main")


class Initializing(ExecutorTestCase):
    def test_it_runs_once_in_each_worker(self):
        executor = self.executor(2, initializer=tasks.keep, initargs=("begun",))
        kept = [executor.submit(tasks.what_is_kept) for _ in range(20)]
        self.assertEqual({f.result(TIMEOUT) for f in kept}, {"begun"})

    def test_one_that_fails_breaks_the_executor(self):
        executor = self.executor(2, initializer=tasks.fail_to_begin)
        with self.assertLogs("concurrent.futures", "CRITICAL"):
            asked = [executor.submit(tasks.square, n) for n in range(3)]
            errors = [f.exception(TIMEOUT) for f in asked]
        for error in errors:
            self.assertIsInstance(error, troupe.BrokenActorPool)
            self.assertIsInstance(error, futures.BrokenExecutor)
        self.assertIsInstance(errors[0].__cause__, OSError)
        with self.assertRaises(troupe.BrokenActorPool):
            executor.submit(tasks.square, 1)


class Ending(ExecutorTestCase):
    def test_nothing_can_be_submitted_after_shutdown(self):
        executor = self.executor()
        executor.submit(tasks.square, 1)
        executor.shutdown()
        executor.shutdown()
        with self.assertRaisesRegex(RuntimeError, "after shutdown"):
            executor.submit(tasks.square, 1)
        with self.assertRaisesRegex(RuntimeError, "after shutdown"):
            executor.map(tasks.square, [1])

    def test_one_that_was_never_used(self):
        troupe.ActorPoolExecutor(3).shutdown()

    def test_shutdown_waits_for_what_was_submitted(self):
        executor = self.executor(2)
        asked = [executor.submit(tasks.square, n) for n in range(100)]
        executor.shutdown()
        self.assertTrue(all(f.done() for f in asked))

    def test_or_doesnt_and_it_is_done_all_the_same(self):
        executor, gate = self.executor(), Gate(self)
        held, last = gate.submit(executor), executor.submit(tasks.square, 5)
        executor.shutdown(wait=False)
        self.assertFalse(held.done())
        gate.open()
        self.assertEqual((held.result(TIMEOUT), last.result(TIMEOUT)), ("let go", 25))

    def test_or_cancels_what_waits(self):
        executor, gate = self.executor(), Gate(self)
        held = gate.submit(executor)
        waiting = [executor.submit(tasks.square, n) for n in range(10)]
        executor.shutdown(wait=False, cancel_futures=True)
        self.assertTrue(all(f.cancelled() for f in waiting))
        gate.open()
        executor.shutdown()
        self.assertEqual(held.result(0), "let go")

    def test_one_that_is_let_go_of_does_its_tasks(self):
        asked = [troupe.ActorPoolExecutor(1).submit(tasks.square, n) for n in range(3)]
        self.assertEqual([f.result(TIMEOUT) for f in asked], [0, 1, 4])

    def test_a_worker_that_dies_breaks_the_executor(self):
        executor, gate = self.executor(2), Gate(self)
        held = gate.submit(executor)
        dying = executor.submit(tasks.end_worker)
        for future in (dying, held):
            self.assertIsInstance(future.exception(TIMEOUT), troupe.BrokenActorPool)
            gate.open()
        with self.assertRaisesRegex(troupe.BrokenActorPool, "has ended"):
            executor.submit(tasks.square, 1)

    def test_the_end_of_its_system_breaks_it(self):
        system = troupe.System(workers=1)
        executor = self.executor(system=system)
        self.assertEqual(executor.submit(tasks.square, 1).result(TIMEOUT), 1)
        system.shutdown()
        with self.assertRaises(troupe.BrokenActorPool):
            while True:
                executor.submit(tasks.square, 1).result(TIMEOUT)

    def run_program(self, text):
        return self.run_python("-c", text)

    def run_python(self, *args):
        return subprocess.run(
            [sys.executable, *args],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    def test_at_the_end_of_the_process_tasks_are_done_first(self):
        done = self.run_program(
            "import troupe\n"
            "executor = troupe.ActorPoolExecutor(2)\n"
            "def show(n): print(n, flush=True)\n"
            "for n in range(5): executor.submit(show, n)\n"
        )
        self.assertEqual(sorted(done.stdout.split()), list("01234"), done.stderr)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def run_script(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "script.py")
            with open(path, "w") as file:
                file.write(text)
            return self.run_python(path)

    def test_objects_of_a_guarded_scripts_own_classes(self):
        done = self.run_script(
            "import troupe\n"
            "class Point:\n"
            "    def __init__(self, x): self.x = x\n"
            "def moved(point): return Point(point.x + 1)\n"
            "if __name__ == '__main__':\n"
            "    with troupe.ActorPoolExecutor(1) as executor:\n"
            "        point = executor.submit(moved, Point(1)).result()\n"
            "        print(type(point) is Point, point.x)\n"
        )
        self.assertEqual((done.stdout, done.stderr), ("True 2\n", ""))

    def test_a_script_that_needs_a_guard_is_told(self):
        for home in "own", "process":
            done = self.run_script(
                "import troupe\n"
                "class Point: pass\n"
                f"with troupe.ActorPoolExecutor(1, home='{home}') as executor:\n"
                "    print(executor.submit(type, Point()).exception())\n"
            )
            self.assertIn("guard what starts workers", done.stdout + done.stderr)

    def test_a_script_whose_system_needs_a_guard_is_told(self):
        for home in "own", "process":
            done = self.run_script(
                "import troupe\n"
                "class Echo:\n"
                "    def receive(self, message): return message\n"
                "with troupe.System() as system:\n"
                f"    system.spawn(Echo, home='{home}')\n"
            )
            self.assertIn("SpawnError", done.stderr)
            self.assertIn("Guard what starts a system", done.stderr)

    def test_a_class_of_a_session_is_refused_with_advice(self):
        done = self.run_program(
            "import troupe\n"
            "class Point: pass\n"
            "with troupe.ActorPoolExecutor(1) as executor:\n"
            "    for given in (Point(), lambda: Point()):\n"
            "        error = executor.submit(lambda x: x(), given).exception()\n"
            "        print(type(error).__name__, error, error.__notes__)\n"
        )
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2, done.stderr)
        for line in lines:
            self.assertRegex(line, "AttributeError.*put it in a module.*__main__:Point")

    def test_an_exception_in_the_with_block_ends_cleanly(self):
        done = self.run_program(
            "import troupe\n"
            "with troupe.ActorPoolExecutor(2) as executor:\n"
            "    futures = [executor.submit(abs, n) for n in range(50)]\n"
            "    raise KeyError('here')\n"
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("KeyError: 'here'", done.stderr)


if __name__ == "__main__":
    unittest.main()
