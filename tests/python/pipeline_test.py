# SPDX-License-Identifier: Apache-2.0
"""Pipelines: stages, sources and sinks, order, errors."""

import itertools
import operator
import os
import queue
import socket
import tempfile
import threading
from pathlib import Path

import support
import troupe
from support import TIMEOUT
from troupe import Pipeline
from troupe.pipeline import (
    PipelineCancelled,
    PipelineError,
    Result,
    Retry,
    StageError,
    StageStats,
    sinks,
    sources,
)

from actors import stages


class PipelineCase(support.SystemTestCase):
    def run_(self, pipeline):
        return pipeline.start(self.system).wait(TIMEOUT)

    def items(self, pipeline):
        return self.run_(pipeline).items

    def of(self, source, **options):
        return Pipeline("p", **options).source(source)


class Stages(PipelineCase):
    def test_map_filter_flat_map_and_tap(self):
        found = self.items(
            self.of(range(6))
            .map(stages.inc)
            .filter(stages.is_even)
            .tap(stages.spin)
            .flat_map(stages.twice)
        )
        self.assertEqual(found, [2, 2, 4, 4, 6, 6])

    def test_functions_by_name_and_of_the_standard_library(self):
        found = self.items(self.of(["b", "a"]).map("actors.stages:twice").map("".join))
        self.assertEqual(found, ["bb", "aa"])

    def test_lambdas_and_closures(self):
        step = 5
        found = self.items(
            self.of(range(4)).map(lambda x: x + step).filter(lambda x: x % 2, parallel=2)
        )
        self.assertEqual(found, [5, 7])
        gathered = self.items(self.of(["a", "b"]).reduce(lambda all_, x: [*all_, x], list))
        self.assertEqual(gathered, [["a", "b"]])

    def test_what_a_lambda_holds_that_cant_be_sent_is_told(self):
        lock = threading.Lock()
        with self.assertRaisesRegex(TypeError, "stage 'map'.*'lock'.*lock can't be sent"):
            self.run_(self.of([1]).map(lambda x: lock))

    def test_no_items_and_no_stages(self):
        self.assertEqual(self.items(self.of([]).map(stages.inc)), [])
        self.assertEqual(self.items(self.of([1, 2])), [1, 2])

    def test_scan_and_distinct_remember(self):
        self.assertEqual(self.items(self.of(range(5)).scan(operator.add, 0)), [0, 1, 3, 6, 10])
        self.assertEqual(self.items(self.of([3, 1, 3, 2, 1]).distinct()), [3, 1, 2])
        found = self.items(self.of(range(100)).distinct(stages.last_digit))
        self.assertEqual(found, list(range(10)))

    def test_reduce_gives_one_result_at_the_end(self):
        self.assertEqual(self.items(self.of(range(10_000)).reduce(operator.add)), [49_995_000])
        self.assertEqual(self.items(self.of([]).reduce(operator.add, 7)), [7])
        self.assertEqual(self.items(self.of([]).reduce(operator.add)), [])

    def test_reduce_by_key_has_a_result_for_each(self):
        pipeline = self.of(range(10_000)).key_by(stages.last_digit)
        for shards in (1, 3):
            found = self.items(pipeline.reduce(operator.add, 0, shards=shards))
            want = {k: sum(range(k, 10_000, 10)) for k in range(10)}
            self.assertEqual(dict(found), want)

    def test_scan_by_key_keeps_the_order_of_each_key(self):
        found = self.items(
            self.of(range(1000)).key_by(stages.last_digit).scan(operator.add, 0, parallel=3)
        )
        sums = (itertools.accumulate(range(k, 1000, 10)) for k in range(10))
        self.assertEqual(sorted(found), sorted(itertools.chain(*sums)))

    def test_one_item_may_become_very_many(self):
        found = self.items(self.of([100_000, 3, 50_000]).flat_map(stages.count_to))
        want = [*range(100_000), *range(3), *range(50_000)]
        self.assertEqual(found, want)
        self.assertEqual(
            self.items(self.of([100_000, 50_000]).flat_map(stages.count_to, parallel=2)),
            [*range(100_000), *range(50_000)],
        )

    def test_async_functions(self):
        found = self.items(self.of(range(500)).map(stages.later, concurrency=20))
        self.assertEqual(found, [2 * n for n in range(500)])

    def test_classes_are_set_up_and_closed_once_a_replica(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "notes")
            found = self.items(self.of(list("abc")).map(stages.Numbered, args=[str(path)]))
            self.assertEqual(found, [(1, "a"), (2, "b"), (3, "c")])
            self.assertEqual(path.read_text().split("\n"), ["setup", "close after 3", ""])

    def test_a_beginning_can_be_shared(self):
        numbers = self.of(range(4))
        odd, all_ = numbers.map(stages.inc).filter(stages.is_even), numbers.map(stages.inc)
        self.assertEqual(self.items(odd), [2, 4])
        self.assertEqual(self.items(all_), [1, 2, 3, 4])


class Regrouping(PipelineCase):
    def test_batches(self):
        found = self.items(self.of(range(7)).batch(3))
        self.assertEqual(found, [[0, 1, 2], [3, 4, 5], [6]])

    def test_a_batch_goes_on_after_its_timeout(self):
        waiting = queue.Queue()
        waiting.put(1)
        handle = self.of(sources.queue(waiting)).batch(10, timeout=0.01).start(
            self.system, stream=True
        )
        results = iter(handle)
        self.assertEqual(next(results), [1])
        waiting.put(2)
        waiting.put(None)
        self.assertEqual(list(results), [[2]])

    def test_windows_of_a_count(self):
        windows = lambda *args, **options: self.items(self.of(range(7)).window(*args, **options))
        self.assertEqual(windows(3), [[0, 1, 2], [3, 4, 5], [6]])
        self.assertEqual(windows(3, slide=2), [[0, 1, 2], [2, 3, 4], [4, 5, 6]])
        self.assertEqual(windows(4, slide=2)[-1], [4, 5, 6])
        self.assertEqual(windows(2, slide=3), [[0, 1], [3, 4], [6]])

    def test_windows_of_time_lose_nothing(self):
        closed = threading.Event()

        def source():
            yield from range(50)
            closed.wait(TIMEOUT)  # until a window has come out
            yield from range(50, 100)

        found = []
        for window in self.of(source()).window(seconds=0.005).start(self.system, stream=True):
            found.append(window)
            closed.set()
        self.assertGreater(len(found), 1)
        self.assertTrue(all(found))
        self.assertEqual(list(itertools.chain(*found)), list(range(100)))

    def test_take_ends_a_source_without_an_end(self):
        self.assertEqual(self.items(self.of(itertools.count()).map(stages.inc).take(3)), [1, 2, 3])

    def test_a_rate_limit_holds(self):
        result = self.run_(self.of(range(60)).rate_limit(200))
        self.assertEqual(result.items, list(range(60)))
        self.assertGreater(result.seconds, (60 - 20 - 1) / 200)

    def test_merge_and_zip(self):
        other = Pipeline().source(["a", "b", "c"])
        self.assertEqual(sorted(self.items(self.of(list("xy")).merge(other))), list("abcxy"))
        self.assertEqual(self.items(self.of(range(9)).zip(other)), list(zip(range(9), "abc")))

    def test_zip_ends_with_the_shortest_even_if_another_has_no_end(self):
        other = Pipeline().source(itertools.count()).map(stages.inc)
        self.assertEqual(self.items(self.of(list("ab")).zip(other)), [("a", 1), ("b", 2)])

    def test_broadcast_gives_every_branch_all(self):
        squares = []
        found = self.items(
            self.of(range(1000)).broadcast(
                lambda p: p.map(stages.inc), lambda p: p.map(stages.twice).sink(squares)
            )
        )
        self.assertEqual(found, list(range(1, 1001)))
        self.assertEqual(squares, [(n, n) for n in range(1000)])

    def test_balance_gives_each_item_to_one_branch(self):
        found = self.items(
            self.of(range(5000)).balance(
                lambda p: p.map(stages.inc), lambda p: p.map(stages.spin).map(stages.inc)
            )
        )
        self.assertEqual(sorted(found), list(range(1, 5001)))

    def test_partition_goes_by_the_function(self):
        odd, even = [], []
        self.run_(
            self.of(range(1000)).partition(
                stages.is_even, Pipeline().sink(odd), Pipeline().sink(even)
            )
        )
        self.assertEqual((odd, even), (list(range(1, 1000, 2)), list(range(0, 1000, 2))))

    def test_a_partition_without_that_branch_is_an_error(self):
        with self.assertRaisesRegex(StageError, "has 2 branches, and none of number 5"):
            self.run_(self.of([5]).partition(stages.itself, Pipeline(), Pipeline()))

    def test_branches_that_meet_again_never_lock_each_other_up(self):
        # One branch lets nothing through for long, and the zip needs both.
        both = self.of(range(200_000)).broadcast(
            lambda p: p.filter(stages.is_even).batch(100_000), lambda p: p.batch(1000)
        )
        self.assertEqual(sum(map(len, self.items(both))), 300_000)


class Order(PipelineCase):
    def test_parallel_stages_keep_the_order(self):
        found = self.items(
            self.of(range(20_000)).map(stages.spin, parallel=3).filter(stages.is_even)
        )
        self.assertEqual(found, list(range(0, 20_000, 2)))

    def test_unordered_ones_lose_nothing(self):
        for options in ({"ordered": False}, {}):
            pipeline = self.of(range(20_000), **options).map(
                stages.spin, parallel=3, **({} if options else {"ordered": False})
            )
            self.assertEqual(sorted(self.items(pipeline)), list(range(20_000)))

    def test_without_order_a_slow_item_holds_up_no_other(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe = os.path.join(folder, "pipe")
            os.mkfifo(pipe)
            paths = [pipe] + [os.devnull] * 2000
            handle = self.of(paths, ordered=False).map(stages.hold, parallel=2).start(
                self.system, stream=True
            )
            results = iter(handle)
            # But for those that its replica had been given already.
            self.assertEqual([next(results) for _ in range(500)], [os.devnull] * 500)
            with open(pipe, "w", encoding="ascii"):
                pass
            self.assertEqual(sorted(results), sorted([pipe] + [os.devnull] * 1500))


class Errors(PipelineCase):
    def test_a_failure_names_stage_and_item(self):
        with self.assertRaises(StageError) as caught:
            self.run_(self.of(range(100)).map(stages.inc).map(stages.not_seven))
        error = caught.exception
        self.assertEqual((error.stage, error.item), ("not_seven", "7"))
        self.assertIsInstance(error.__cause__, ValueError)
        self.assertIn("in not_seven", str(error.__cause__.__cause__))

    def test_what_came_before_the_failed_item_is_delivered(self):
        for parallel in (1, 3):
            got = []
            with self.assertRaises(StageError):
                self.run_(
                    self.of(range(100)).map(stages.not_seven, parallel=parallel).sink(got)
                )
            self.assertEqual(got, list(range(7)))

    def test_after_a_failure_no_unfinished_result_comes(self):
        got = []
        with self.assertRaises(StageError):
            self.run_(
                self.of(range(100)).map(stages.not_seven).reduce(operator.add).sink(got)
            )
        self.assertEqual(got, [])

    def test_skip_leaves_the_item_out_and_tells(self):
        result = self.run_(self.of(range(10)).map(stages.not_seven, on_error="skip"))
        self.assertEqual(result.items, [0, 1, 2, 3, 4, 5, 6, 8, 9])
        self.assertEqual(result.skipped, 1)
        self.assertEqual((result.dead[0].stage, result.dead[0].item), ("not_seven", 7))
        self.assertIsInstance(result.dead[0].error, ValueError)

    def test_skipped_items_go_to_the_dead_letter_sink(self):
        dead = []
        result = self.run_(
            self.of(range(1000), dead_letters=dead)
            .flat_map(stages.twice)
            .map(stages.not_seven, on_error="skip", parallel=2)
        )
        self.assertEqual(len(result.items) + len(dead), 2000)
        self.assertEqual([item.item for item in dead], [7, 7])

    def test_retry_calls_again(self):
        flaky = self.of(range(5)).map(stages.FailsAtFirst, args=[2], on_error=Retry(2))
        self.assertEqual(self.items(flaky), list(range(5)))

    def test_retry_gives_up_as_told(self):
        flaky = lambda policy: self.of([1]).map(
            stages.FailsAtFirst, args=[3], on_error=policy
        )
        with self.assertRaisesRegex(StageError, "not yet, 1 more"):
            self.run_(flaky(Retry(2, backoff=0.001)))
        self.assertEqual(self.run_(flaky(Retry(2, then="skip"))).skipped, 1)

    def test_sys_exit_in_a_stage_is_a_failure_of_its_item(self):
        with self.assertRaises(StageError) as caught:
            self.run_(self.of([1]).map(stages.leaves))
        self.assertIsInstance(caught.exception.__cause__, SystemExit)

    def test_what_cant_be_sent_is_an_error_with_its_stage(self):
        with self.assertRaisesRegex(StageError, "'unsendable'.*generator can't be sent"):
            self.run_(self.of([1]).map(stages.unsendable))
        with self.assertRaisesRegex(StageError, "'inc'.*lock can't be sent"):
            self.run_(self.of([threading.Lock()]).map(stages.inc))

    def test_a_source_that_raises(self):
        def source():
            yield 1
            raise OSError("no more")

        got = []
        with self.assertRaisesRegex(StageError, "after 1 items: OSError: no more"):
            self.run_(self.of(source()).map(stages.inc).sink(got))
        self.assertEqual(got, [2])

    def test_a_sink_that_raises(self):
        with self.assertRaisesRegex(StageError, "'not_seven'.*I don't like 7"):
            self.run_(self.of(range(10)).sink(stages.not_seven))

    def test_a_stage_that_cant_start(self):
        with self.assertRaisesRegex(PipelineError, "'Numbered' can't start"):
            self.run_(self.of([1]).map(stages.Numbered))

    def test_mistakes_are_told_where_they_are_made(self):
        p = Pipeline("p")
        for wrong, what in (
            (lambda: p.map(3), "takes a function"),
            (lambda: p.map(stages.inc, paralel=3), "did you mean 'parallel'"),
            (lambda: p.map(stages.inc, parallel=0), "from 1 to 1000"),
            (lambda: p.map(stages.inc, parallel="many"), "a number"),
            (lambda: p.map(stages.inc, on_error="ignore"), "on_error"),
            (lambda: p.batch(0), "more than 0"),
            (lambda: p.window(), "count"),
            (lambda: p.source(3), "iterable"),
            (lambda: p.source([1]).source([2]), "comes first"),
            (lambda: p.sink(3), "a sink is"),
            (lambda: p.sink(print).map(print), "follow a sink"),
            (lambda: p.map(stages.inc).run(self.system), "no source"),
            (lambda: p.source([1]).merge(p), "with a source"),
            (lambda: p.source([1]).key_by(len).sink(print).run(self.system), "key_by"),
            (lambda: p.source([1]).map("nothing").run(self.system), "module:function"),
            (lambda: p.source([1]).map("actors.stages:no").run(self.system), "no 'no'"),
        ):
            with self.subTest(what):
                with self.assertRaisesRegex((TypeError, ValueError, PipelineError, AttributeError), what):
                    wrong()


class Sources(PipelineCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def test_lines_and_files(self):
        self.file("b.txt", "3\n")
        self.file("a.txt", "1\n2")
        paths = self.items(self.of(sources.files(self.folder, "*.txt")))
        self.assertEqual([Path(path).name for path in paths], ["a.txt", "b.txt"])
        self.assertEqual(self.items(self.of(sources.lines(*paths))), ["1", "2", "3"])

    def test_csv_there_and_back(self):
        path = self.file("t.csv", "name,age\nAnn,3\nBob,4\n")
        out = self.folder / "out.csv"
        pipeline = self.of(sources.csv_rows(path)).sink(sinks.csv_rows(out))
        for _ in range(2):  # each run begins the file anew
            self.run_(pipeline)
            self.assertEqual(out.read_text().split(), ["name,age", "Ann,3", "Bob,4"])

    def test_a_folder_gets_a_file_for_each_item(self):
        items = [("a/b.txt", "\u00e4"), (Path("c"), b"\xff"), ("c", "again")]
        self.run_(self.of(items).sink(sinks.files(self.folder / "out")))
        self.assertEqual((self.folder / "out/a/b.txt").read_bytes(), "\u00e4".encode())
        self.assertEqual((self.folder / "out/c").read_bytes(), b"again")

    def test_no_file_is_written_outside_of_the_folder(self):
        for name in ("../x", "/x", "", "a/../../out2"):
            with self.assertRaisesRegex(StageError, "names no file in"):
                self.run_(self.of([(name, "")]).sink(sinks.files(self.folder / "out")))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_json_lines_there_and_back(self):
        path = self.file("t.jsonl", '{"a": 1}\n\n[2]\n')
        out = self.folder / "out.jsonl"
        self.run_(self.of(sources.json_lines(path)).sink(sinks.json_lines(out)))
        self.assertEqual(out.read_text(), '{"a": 1}\n[2]\n')
        bad = self.file("bad.jsonl", "1\nx\n")
        with self.assertRaisesRegex(StageError, r"bad\.jsonl:2: "):
            self.run_(self.of(sources.json_lines(bad)))

    def test_by_name_with_arguments(self):
        pipeline = Pipeline("p").source("actors.stages:letters", 3)
        self.assertEqual(self.items(pipeline), ["a", "b", "c"])

    def test_queues_at_both_ends(self):
        into, out = queue.Queue(), queue.Queue()
        for n in (1, 2, None):
            into.put(n)
        self.run_(self.of(sources.queue(into)).map(stages.inc).sink(out))
        self.assertEqual([out.get(), out.get()], [2, 3])

    def test_ticks(self):
        self.assertEqual(self.items(self.of(sources.ticks(0.001, 5))), [0, 1, 2, 3, 4])

    def test_lines_over_tcp_come_as_they_are_sent(self):
        source = sources.tcp_lines()
        handle = self.of(source).map(str.upper).start(self.system, stream=True)
        results = iter(handle)
        with socket.create_connection(source.address) as connection:
            connection.sendall(b"one\ntwo\nthr")
            self.assertEqual([next(results), next(results)], ["ONE", "TWO"])
            connection.sendall(b"ee\r\nfour")
            self.assertEqual(next(results), "THREE")
        self.assertEqual(next(results), "FOUR")
        handle.drain()
        self.assertEqual(list(results), [])

    def test_lines_are_sent_over_tcp(self):
        source = sources.tcp_lines()
        handle = self.of(source).start(self.system, stream=True)
        self.run_(self.of(range(10_000)).map(stages.inc).sink(sinks.tcp_lines(*source.address)))
        self.assertEqual(
            list(itertools.islice(handle, 10_000)), [str(n + 1) for n in range(10_000)]
        )
        handle.drain()

    def test_a_lost_connection_ends_it(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            pipeline = self.of(itertools.count()).sink(sinks.tcp_lines(*address))
            handle = pipeline.start(self.system)
            server.accept()[0].close()
            with self.assertRaisesRegex(StageError, rf"tcp .*{address[1]}"):
                handle.wait(TIMEOUT)
        with self.assertRaisesRegex(StageError, "ConnectionRefusedError"):
            self.run_(pipeline)

    def test_an_actor_takes_items_when_it_has_handled_the_last(self):
        taker = self.spawn(stages.Taker)
        result = self.run_(self.of(range(20_000)).map(stages.inc).sink(sinks.actor(taker)))
        self.assertEqual(result.delivered, 20_000)
        self.assertEqual(taker.ask.all().result(TIMEOUT), list(range(1, 20_001)))

    def test_what_an_actor_raises_ends_it_and_nothing_is_taken_for_delivered(self):
        handle = self.of([1, 2]).sink(sinks.actor(self.spawn(stages.Taker), "refuse")).start(
            self.system
        )
        with self.assertRaisesRegex(StageError, "full up"):
            handle.wait(TIMEOUT)
        self.assertEqual(handle.stats().delivered, 0)

    def test_actors_at_both_ends(self):
        giver, taker = self.spawn(stages.Giver, 10), self.spawn(stages.Taker)
        self.run_(self.of(sources.actor(giver)).map(stages.inc).sink(taker))
        self.assertEqual(taker.ask.all().result(TIMEOUT), list(range(1, 11)))

    def test_a_sink_is_opened_and_closed_also_after_a_failure(self):
        class Notes:
            def __init__(self):
                self.calls = []

            def open(self):
                self.calls.append("open")

            def write(self, items):
                self.calls += items

            def close(self):
                self.calls.append("close")

        notes = Notes()
        with self.assertRaises(StageError):
            self.run_(self.of(range(5, 9)).map(stages.not_seven).sink(notes))
        self.assertEqual(notes.calls, ["open", 5, 6, "close"])


class Running(PipelineCase):
    def test_run_without_a_system_makes_one(self):
        self.assertEqual(Pipeline().source([1, 2]).map(stages.inc).run().items, [2, 3])

    def test_in_a_handler_it_runs_in_the_actors_system(self):
        ref = self.spawn(stages.Boss)
        self.assertEqual(ref.ask.run(1000).result(TIMEOUT), list(range(1, 1001)))
        self.assertEqual(ref.ask.stream(1000).result(TIMEOUT), list(range(1, 1001)))

    def test_it_leaves_no_thread_actor_or_descriptor_behind(self):
        def held():
            return threading.active_count(), len(os.listdir("/proc/self/fd"))

        pipeline = Pipeline().source(iter(range(5))).map(stages.inc).sink(stages.itself)
        self.run_(pipeline)
        before = held()
        for _ in range(10):
            self.run_(self.of(iter(range(5))).map(stages.inc).sink(stages.itself))
        for _ in self.of(range(100_000)).map(stages.inc):
            break
        self.assertEqual(self.system.actors(), [])
        self.assertLessEqual(held(), (before[0], before[1] + 2))

    def test_other_homes(self):
        for home in ("main", "shared:stages"):
            pipeline = self.of(range(1000)).map(stages.inc, home=home, parallel=2)
            self.assertEqual(self.items(pipeline), list(range(1, 1001)))

    def test_for_takes_results_as_they_come(self):
        results = iter(Pipeline().source(itertools.count()).map(stages.inc))
        self.assertEqual(list(itertools.islice(results, 5)), [1, 2, 3, 4, 5])
        results.close()

    def test_async_for_and_async_with(self):
        import asyncio

        async def work():
            found = [x async for x in Pipeline().source(range(5)).map(stages.inc)]
            async with self.of(range(3)).start(self.system) as handle:
                pass
            return found, handle.wait(0).items

        self.assertEqual(asyncio.run(work()), ([1, 2, 3, 4, 5], [0, 1, 2]))

    def test_drain_delivers_what_was_taken(self):
        taken = []

        def source():
            for n in itertools.count():
                taken.append(n)
                yield n

        got = []
        reached = threading.Event()

        def sink(x):
            got.append(x)
            if len(got) == 1000:
                reached.set()

        handle = self.of(source()).map(stages.spin, parallel=2).sink(sink).start(self.system)
        self.assertTrue(reached.wait(TIMEOUT))
        handle.drain()
        result = handle.wait(TIMEOUT)
        self.assertTrue(result.interrupted)
        self.assertEqual(got, list(range(len(got))))
        self.assertGreaterEqual(len(got), len(taken) - 1)  # it may be at the next one

    def test_drain_waits_for_no_source_that_blocks(self):
        waiting = queue.Queue()
        got = threading.Event()
        source = iter(waiting.get, None)
        handle = self.of(source).sink(lambda _: got.set()).start(self.system)
        waiting.put(1)
        self.assertTrue(got.wait(TIMEOUT))  # and now it waits for a second one
        handle.drain()
        result = handle.wait(TIMEOUT)
        self.assertEqual((result.delivered, result.interrupted), (1, True))
        waiting.put(None)  # lets its thread go

    def test_drain_of_a_full_queue_waits_for_no_room_in_it(self):
        waiting = queue.Queue(1)
        gate, reached = threading.Event(), threading.Event()

        def sink(_):
            reached.set()
            gate.wait(TIMEOUT)

        handle = self.of(sources.queue(waiting)).sink(sink).start(self.system)
        for n in itertools.count():  # until all have no more room
            try:
                waiting.put(n, timeout=0.2 if reached.is_set() else TIMEOUT)
            except queue.Full:
                break
        handle.drain()
        gate.set()
        self.assertTrue(handle.wait(TIMEOUT).interrupted)

    def test_cancel_ends_it_at_once(self):
        handle = self.of(itertools.count()).map(stages.spin).sink(stages.spin).start(self.system)
        handle.cancel()
        with self.assertRaises(PipelineCancelled):
            handle.wait(TIMEOUT)
        self.assertTrue(handle.done)
        self.assertEqual(self.system.actors(), [])

    def test_a_wait_that_is_over_leaves_it_running(self):
        handle = self.of(itertools.count()).take(10_000_000).start(self.system)
        with self.assertRaises(TimeoutError):
            handle.wait(0)
        handle.cancel()

    def test_figures_add_up(self):
        result = self.run_(
            self.of(range(10_000)).filter(stages.is_even).map(stages.spin, fuse=False)
        )
        self.assertEqual(result.delivered, 5000)
        by_name = {stage.name: stage for stage in result.stages}
        self.assertEqual((by_name["is_even"].items, by_name["is_even"].out), (10_000, 5000))
        self.assertEqual((by_name["spin"].items, by_name["spin"].out), (5000, 5000))
        self.assertGreater(by_name["spin"].busy, 0)

    def test_neighbours_are_fused_unless_told_otherwise(self):
        def segments(pipeline):
            return [node.name for node in pipeline.plan().nodes if node.spec]

        p = self.of([])
        self.assertEqual(segments(p.map(len).filter(any).map(str)), ["len+any+str"])
        self.assertEqual(segments(p.map(len).map(str, parallel=2)), ["len+str"])
        self.assertEqual(segments(p.map(len, parallel=3).map(str, parallel=2)), ["len", "str"])
        self.assertEqual(segments(p.map(len, fuse=False).map(str)), ["len", "str"])
        self.assertEqual(segments(p.map(len, parallel=2).scan(max)), ["len", "max"])

    def test_a_replica_that_is_long_in_starting_holds_up_no_other(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        handle = (
            self.of(range(10_000))
            .map(stages.SecondWaits, args=[pipe], parallel=2)
            .start(self.system, stream=True)
        )
        results = iter(handle)
        self.assertEqual([next(results) for _ in range(10_000)], list(range(10_000)))
        with open(pipe, "w", encoding="ascii"):
            pass
        self.assertEqual(list(results), [])
        self.assertEqual(handle.stats().stages[1].peak, 2)

    def test_what_is_cancelled_while_it_starts_leaves_nothing_behind(self):
        for _ in range(10):
            handle = self.of(range(10)).map(stages.inc, parallel=3).start(self.system)
            handle.cancel()
            with self.assertRaises(PipelineCancelled):
                handle.wait(TIMEOUT)
            self.assertEqual(self.system.actors(), [])

    def test_auto_starts_more_replicas_when_they_are_wanted(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        pipes = [os.path.join(folder, name) for name in "abc"]
        for pipe in pipes:
            os.mkfifo(pipe)
        items = pipes + [os.devnull] * 10
        handle = self.of(items).map(stages.hold, parallel=(1, 3)).start(self.system)
        # One can be opened only when a replica reads it, and they read until
        # all of them are closed.
        for each in [open(pipe, "w", encoding="ascii") for pipe in pipes]:
            each.close()
        result = handle.wait(TIMEOUT)
        self.assertEqual(result.items, items)
        self.assertEqual(result.stages[1].peak, 3)

    def test_auto_ends_replicas_that_have_nothing_to_do(self):
        waiting = queue.Queue()
        handle = (
            self.of(sources.queue(waiting))
            .map(stages.works_long, parallel=(1, 3))
            .start(self.system, stream=True)
        )
        results = iter(handle)
        for n in range(3000):
            waiting.put(n)
        self.assertEqual([next(results) for _ in range(3000)], list(range(3000)))
        while handle.stats().stages[1].replicas > 1:
            waiting.put(0)  # one at a time, so one replica is enough
            next(results)
        waiting.put(None)
        self.assertEqual(list(results), [])

    def test_a_drawing_has_all_nodes_and_live_figures(self):
        pipeline = self.of(range(100)).map(stages.inc, parallel=2).broadcast(
            lambda p: p.filter(stages.is_even), lambda p: p.batch(10).sink([])
        )
        drawn = pipeline.draw()
        self.assertTrue(drawn.startswith("flowchart LR\n"))
        for part in ('(["source"])', '["inc x2"]', '["is_even"]', '["batch(10)"]'):
            self.assertIn(part, drawn)
        self.assertEqual(drawn.count("-->"), 6)
        handle = pipeline.start(self.system)
        handle.wait(TIMEOUT)
        self.assertIn('["inc x2<br/>100 items', handle.draw())

    def test_the_time_of_each_fused_stage_is_known(self):
        result = self.run_(
            self.of(range(2000)).map(stages.inc).map(stages.works_long).map(stages.itself)
        )
        costs = result.stages[1].costs
        self.assertEqual(set(costs), {"inc", "works_long", "itself"})
        self.assertEqual(max(costs, key=costs.get), "works_long")

    def test_explain_names_the_bottleneck_and_the_stage_in_it(self):
        def told(busy, **costs):
            stage = StageStats("a+b", items=100, out=100, busy=busy, peak=2, costs=costs)
            sink = StageStats("sink", items=100, busy=0.5)
            return Result([], 100, 0, 0, [], False, 10.0, [stage, sink]).explain()

        self.assertIn(
            "The bottleneck is 'a+b': busy for 95% of the time, with 2 replicas. "
            "Most of it is 'b', 75%.",
            told(19.0, a=1.0, b=3.0),
        )
        self.assertIn("No stage is the bottleneck", told(5.0, a=1.0, b=3.0))
        self.assertIn("No stage has done anything", self.run_(self.of([])).explain())

    def test_progress_shows_items_and_stages(self):
        class Bar:
            """Stands for tqdm: it isn't installed everywhere."""

            def __init__(self, **options):
                self.n, self.disable, self.options, self.text = 0, False, options, ""
                bars.append(self)

            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

            def set_postfix_str(self, text, refresh):
                self.text = text

            def update(self, n):
                self.n += n

            @staticmethod
            def set_lock(lock):
                pass

        bars = []
        import sys
        import types

        module = types.ModuleType("tqdm")
        module.tqdm = Bar
        before = sys.modules.get("tqdm")
        sys.modules["tqdm"] = module
        try:
            result = self.of(range(5000)).map(stages.inc).run(self.system, progress=True)
            self.of([1]).run(self.system, progress={"unit": "file", "desc": "reading"})
        finally:
            del sys.modules["tqdm"]
            if before is not None:
                sys.modules["tqdm"] = before
        self.assertEqual(len(result.items), 5000)
        self.assertEqual((bars[0].n, bars[0].options["total"]), (5000, 5000))
        self.assertRegex(bars[0].text, r"inc \d+%")
        self.assertEqual((bars[1].options["unit"], bars[1].options["desc"]), ("file", "reading"))

    def test_a_fast_source_and_a_slow_sink_hold_their_memory(self):
        def source():
            for n in range(200_000):
                yield f"{n:>2000}"  # 400 MB in all

        def peak():
            with open("/proc/self/status", encoding="ascii") as file:
                return next(int(l.split()[1]) for l in file if l.startswith("VmHWM"))

        def slow(item):
            stages.spin(item)

        pipeline = self.of(source()).map(str.strip, parallel=2).map(stages.padded, fuse=False)
        before = peak()
        self.assertEqual(self.run_(pipeline.sink(slow)).delivered, 200_000)
        self.assertLess(peak() - before, 200_000)  # KiB

    def test_memory_is_bounded_by_demand(self):
        # The source is never far ahead of a sink that doesn't take.
        taken = itertools.count()
        gate, first = threading.Event(), threading.Event()

        def sink(x):
            first.set()
            gate.wait(TIMEOUT)

        def source():
            for n in range(1_000_000):
                next(taken)
                yield n

        handle = self.of(source()).map(stages.inc, parallel=2).sink(sink).start(self.system)
        self.assertTrue(first.wait(TIMEOUT))
        seen, before = -1, handle.stats().stages[0].items
        while seen != before:  # until nothing moves any more
            seen, before = before, handle.stats().stages[0].items
            first.clear()
            first.wait(0.05)
        self.assertLess(before, 200_000)
        handle.cancel()
        gate.set()


def main(system):
    support.run(globals())
