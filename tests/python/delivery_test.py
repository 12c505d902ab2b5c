# SPDX-License-Identifier: Apache-2.0
"""Pipelines whose replicas are killed: what is delivered, and what is dropped.

The source kills: each so many items it picks one of the replicas, at random,
by a seed that is printed if a test fails.
"""

import collections
import itertools
import operator
import os
import random

import support
from support import TIMEOUT
from troupe import Pipeline
from troupe.pipeline import Retry, StageError

from actors import stages

COUNT = 60_000


class Killer:
    """Gives 0, 1, 2, ..., and kills a replica at every `every`th."""

    def __init__(self, system, every, count=COUNT):
        self.seed = int(os.environ.get("SEED", 0)) or random.SystemRandom().getrandbits(32)
        self._random = random.Random(self.seed)
        self._system, self._every, self._count = system, every, count
        self.kills = 0

    def __iter__(self):
        for n in range(self._count):
            if n % self._every == self._every - 1:
                self._kill()
            yield n

    def _kill(self):
        refs = [ref for ref in self._system.actors() if ref.name.startswith("p-")]
        if refs:
            self._random.choice(refs).kill()
            self.kills += 1


class DeliveryCase(support.SystemTestCase):
    def killed(self, every, build, **options):
        """Runs the pipeline that build() makes of one with this source, until a
        kill has hit a replica at work: one that only begins is begun again."""
        restarts = 0
        for _ in range(10):
            source = Killer(self.system, every)
            pipeline = build(Pipeline("p", **options).source(source))
            with self.subTest(seed=source.seed):
                result = pipeline.start(self.system).wait(TIMEOUT)
                self.check(result)
                restarts = sum(s.restarts for s in result.stages)
            if restarts:
                break
        self.assertGreater(restarts, 0)

    def check(self, result):
        raise NotImplementedError


class AtLeastOnce(DeliveryCase):
    def test_each_result_comes_once_and_in_order(self):
        def check(result):
            self.assertEqual(result.items, [n for x in range(COUNT) for n in (x, x)])
            self.assertEqual(result.dropped, 0)

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.spin, parallel=3)
            .flat_map(stages.twice, parallel=2)
            .map(stages.spin, parallel=1),
        )

    def test_without_order_too(self):
        def check(result):
            self.assertEqual(sorted(result.items), list(range(COUNT)))

        self.check = check
        self.killed(6000, lambda p: p.map(stages.spin, parallel=3), ordered=False)

    def test_what_becomes_very_many_comes_once(self):
        def check(result):
            counts = collections.Counter(result.items)
            self.assertEqual(counts, {n: COUNT // 1000 for n in range(20_000)})

        self.check = check
        self.killed(
            10_000,
            lambda p: p.filter(stages.ends_a_thousand, parallel=2).flat_map(
                stages.twenty_thousand, fuse=False
            ),
        )

    def test_running_results_go_on_where_they_were(self):
        def check(result):
            self.assertEqual(result.items, list(itertools.accumulate(range(COUNT))))

        self.check = check
        self.killed(6000, lambda p: p.scan(operator.add, 0).map(stages.spin))

    def test_distinct_items_stay_distinct(self):
        def check(result):
            self.assertEqual(result.items, list(range(COUNT)))

        self.check = check
        self.killed(6000, lambda p: p.flat_map(stages.twice).distinct())

    def test_aggregates_by_key_count_each_item_once(self):
        def check(result):
            want = {k: sum(range(k, COUNT, 10)) for k in range(10)}
            self.assertEqual(dict(result.items), want)

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.spin, parallel=2)
            .key_by(stages.last_digit)
            .reduce(operator.add, shards=2),
        )

    def test_classes_with_checkpoints_go_on_where_they_were(self):
        def check(result):
            self.assertEqual(result.items, [(n + 1, n) for n in range(COUNT)])

        self.check = check
        self.killed(6000, lambda p: p.map(stages.Keeps))


class AtMostOnce(DeliveryCase):
    def test_delivered_and_dropped_add_up(self):
        def check(result):
            self.assertEqual(len(set(result.items)), len(result.items))
            self.assertEqual(len(result.items) + result.dropped, COUNT)
            self.assertEqual(result.items, sorted(result.items))

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.spin, parallel=2).map(stages.inc, parallel=1),
            delivery="at_most_once",
        )

    def test_aggregates_lack_what_was_dropped_and_no_more(self):
        def check(result):
            self.assertEqual(result.items[0] + result.dropped, COUNT)

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.one).reduce(operator.add),
            delivery="at_most_once",
        )

    def test_what_was_at_work_is_dropped(self):
        # A handler kills its own actor; so the batch is at hand for sure.
        handle = (
            Pipeline("p", delivery="at_most_once")
            .source(list(range(10)))
            .map(stages.kills_itself_at_seven)
            .start(self.system)
        )
        result = handle.wait(TIMEOUT)
        self.assertGreater(result.dropped, 0)
        self.assertEqual(len(result.items) + result.dropped, 10)
        self.assertNotIn(7, result.items)


class ErrorPolicies(DeliveryCase):
    """What a policy says of an item holds also for those that are done again."""

    REFUSED = list(range(7, COUNT, 1000))
    GOOD = [n for n in range(COUNT) if n % 1000 != 7]

    def test_skipped_items_are_told_of_once(self):
        dead = []

        def check(result):
            told = sorted(letter.item for letter in dead)  # by several replicas
            dead.clear()
            self.assertEqual(told, self.REFUSED)
            self.assertEqual(result.items, self.GOOD)
            self.assertEqual((result.skipped, result.dropped), (len(told), 0))

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.not_seven_of_a_thousand, on_error="skip", parallel=3),
            dead_letters=dead,
        )

    def test_delivered_skipped_and_dropped_add_up(self):
        def check(result):
            self.assertEqual(len(result.items) + result.skipped + result.dropped, COUNT)
            self.assertLessEqual(set(result.items), set(self.GOOD))
            self.assertEqual(result.items, sorted(set(result.items)))

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(stages.not_seven_of_a_thousand, on_error="skip", parallel=3),
            delivery="at_most_once",
        )

    def test_what_is_tried_again_comes_once(self):
        def check(result):
            self.assertEqual(result.items, list(range(COUNT)))

        self.check = check
        self.killed(
            6000, lambda p: p.map(stages.seldom_fails, on_error=Retry(20), parallel=3)
        )

    def test_what_gets_a_fresh_replica_comes_once(self):
        def check(result):
            self.assertEqual(result.items, list(range(COUNT)))

        self.check = check
        self.killed(
            6000,
            lambda p: p.map(
                stages.seldom_fails, on_error="restart", max_restarts=10_000, parallel=3
            ),
        )

    def test_all_before_a_failure_is_delivered(self):
        for _ in range(5):
            source, got = Killer(self.system, 1000), []
            pipeline = (
                Pipeline("p")
                .source(source)
                .map(stages.spin, parallel=3)
                .map(stages.not_40_007, parallel=2, fuse=False)
                .sink(got)
            )
            with self.subTest(seed=source.seed):
                with self.assertRaisesRegex(StageError, "40007"):
                    pipeline.start(self.system).wait(TIMEOUT)
                self.assertEqual(got, list(range(40_007)))


class Giving(support.SystemTestCase):
    def test_an_item_that_always_kills_ends_the_pipeline(self):
        pipeline = Pipeline("p").source(list(range(10))).map(stages.kills_itself_at_seven)
        with self.assertRaisesRegex(StageError, "5 replicas were lost"):
            pipeline.start(self.system).wait(TIMEOUT)

    def test_restart_begins_anew_with_a_fresh_replica(self):
        pipeline = Pipeline("p").source([1, 2, 3, 4]).map(
            stages.fails_in_a_used_interpreter, on_error="restart"
        )
        result = pipeline.start(self.system).wait(TIMEOUT)
        self.assertEqual(result.items, [1, 2, 3, 4])
        self.assertGreater(result.stages[1].restarts, 0)

    def test_restarts_have_a_limit(self):
        pipeline = Pipeline("p").source([7]).map(
            stages.not_seven, on_error="restart", max_restarts=2
        )
        handle = pipeline.start(self.system)
        with self.assertRaisesRegex(StageError, "I don't like 7"):
            handle.wait(TIMEOUT)
        self.assertEqual(handle.stats().stages[1].restarts, 2)

    def test_a_system_that_shuts_down_ends_the_pipeline(self):
        handle = Pipeline("p").source(itertools.count()).map(stages.spin).sink(
            stages.spin
        ).start(self.system)
        self.system.shutdown(TIMEOUT)
        with self.assertRaises(Exception):
            handle.wait(TIMEOUT)


def main(system):
    support.run(globals())
