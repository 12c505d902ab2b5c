# SPDX-License-Identifier: Apache-2.0
"""What a pipeline costs an item: three small stages over a list of numbers, into a
list. The stages do next to nothing, so what is measured is the way there."""

import time

from troupe import Pipeline

import rounds
from pipeline_stages import double, increment, is_odd


def main(system, args):
    options = rounds.Options(args, __doc__)
    count = options.size(1_000_000)
    contest = rounds.Contest("Three stages, an item", unit="ns", scale=1e9)
    contest.add("a pipeline, fused", run(system, count))
    contest.add("a pipeline, fused, two replicas", run(system, count, parallel=2))
    contest.add("a pipeline, each stage an actor", run(system, count, fuse=False))
    contest.add("generators, in a plain loop", generators(count))
    contest.add("ThreadPool.imap, chunks of 1000", rounds.peer("thread_imap", count))
    contest.add("multiprocessing.Pool.imap, the same", rounds.peer("process_imap", count))
    contest.run(options.rounds)


def run(system, count, **how):
    numbers = list(range(count))
    pipeline = (
        Pipeline("bench")
        .source(numbers)
        .map(increment, **how)
        .filter(is_odd, **how)
        .map(double, **how)
    )
    expected = [2 * n for n in range(1, count + 1) if n % 2]

    def once():
        start = time.perf_counter()
        result = pipeline.run(system)
        taken = time.perf_counter() - start
        assert result.items == expected
        return taken / count

    return once


def generators(count):
    numbers = list(range(count))

    def once():
        start = time.perf_counter()
        list(map(double, filter(is_odd, (increment(n) for n in numbers))))
        return (time.perf_counter() - start) / count

    return once
