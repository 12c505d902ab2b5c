# SPDX-License-Identifier: Apache-2.0
"""A task through an executor: submitted and waited for one at a time; many at
once, each, to two workers; and Pool.map."""

import time

import rounds
import troupe


def main(system, args):
    options = rounds.Options(args, __doc__)
    at_once, alone = options.size(20_000, 50), options.size(1000, 5)
    mapped = options.size(200_000, 100)
    contest = rounds.Contest("A task, many at once", unit="us", scale=1e6)
    contest.add("ActorPoolExecutor.submit", lambda: ours(batch_each, at_once))
    contest.add("- a lambda", lambda: ours(batch_each, at_once, lambda n: -n))
    contest.add("ThreadPoolExecutor.submit", rounds.peer("thread_pool_submit", at_once))
    few = options.size(2000, 20)
    contest.add("InterpreterPoolExecutor.submit",
                rounds.peer("interpreter_pool_submit", few))
    contest.add("ProcessPoolExecutor.submit", rounds.peer("process_pool_submit", few))
    contest.run(options.rounds)
    contest = rounds.Contest("A task, one at a time", unit="us", scale=1e6)
    contest.add("ActorPoolExecutor", lambda: ours(alone_each, alone, workers=1))
    contest.add("ThreadPoolExecutor", rounds.peer("thread_pool_task", alone))
    contest.add("InterpreterPoolExecutor", rounds.peer("interpreter_pool_task", alone))
    contest.add("ProcessPoolExecutor", rounds.peer("process_pool_task", alone))
    contest.run(options.rounds)
    contest = rounds.Contest("Pool.map, a call", unit="us", scale=1e6)
    contest.add("troupe.Pool", lambda: map_each(mapped))
    contest.add("multiprocessing.Pool", rounds.peer("process_pool_map", mapped))
    contest.run(options.rounds)


def ours(measure, count, function=abs, workers=2):
    with troupe.ActorPoolExecutor(workers) as executor:
        measure(executor, count // 10 + 1, function)  # the workers have started
        return measure(executor, count, function)


def batch_each(executor, count, function):
    start = time.perf_counter()
    futures = [executor.submit(function, n) for n in range(count)]
    for future in futures:
        future.result()
    return (time.perf_counter() - start) / count


def alone_each(executor, count, function):
    start = time.perf_counter()
    for n in range(count):
        executor.submit(function, n).result()
    return (time.perf_counter() - start) / count


def map_each(count):
    with troupe.Pool(2) as pool:
        pool.map(abs, range(100))
        start = time.perf_counter()
        pool.map(abs, range(count))
        return (time.perf_counter() - start) / count
