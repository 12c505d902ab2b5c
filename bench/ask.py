# SPDX-License-Identifier: Apache-2.0
"""A request and its answer: an actor that returns what it gets is asked, and its
answer waited for, one request at a time; and a hundred at once."""

import threading
import time

import rounds
import troupe


def main(system, args):
    options = rounds.Options(args, __doc__)
    contest = rounds.Contest("A request and its answer", unit="us", scale=1e6)
    many, few = options.size(20_000), options.size(500)
    echo, asker = system.spawn("actors:Echo"), system.spawn("actors:Asker")
    contest.add("from the main thread", lambda: seconds_each(echo.ask, many))
    contest.add("from another thread", lambda: in_thread(echo.ask, many))
    contest.add("from an actor", lambda: asker.ask.seconds_each(echo, many).result())
    batches = options.size(500)
    contest.add("100 at once, troupe.gather, each", lambda: gathered(echo.ask, batches))
    contest.add("- in an actor", lambda: asker.ask.gathered(echo, batches).result())
    contest.add("100 at once, ThreadPoolExecutor.map, each",
                rounds.peer("thread_pool_batch", batches))
    contest.add("ThreadPoolExecutor", rounds.peer("thread_pool_task", many))
    contest.add("InterpreterPoolExecutor", rounds.peer("interpreter_pool_task", few))
    contest.add("ProcessPoolExecutor", rounds.peer("process_pool_task", few))
    contest.run(options.rounds)


def seconds_each(ask, count):
    start = time.perf_counter()
    for n in range(count):
        ask(n).result()
    return (time.perf_counter() - start) / count


def gathered(ask, count):
    start = time.perf_counter()
    for _ in range(count):
        troupe.gather(*[ask(n) for n in range(100)])
    return (time.perf_counter() - start) / count / 100


def in_thread(ask, count):
    seconds = []
    thread = threading.Thread(target=lambda: seconds.append(seconds_each(ask, count)))
    thread.start()
    thread.join()
    return seconds[0]
