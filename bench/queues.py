# SPDX-License-Identifier: Apache-2.0
"""A queue: put and get in one thread; and a round trip through two of them, to
another interpreter (thread, process) and back."""

import time

import rounds
import troupe


def main(system, args):
    options = rounds.Options(args, __doc__)
    many, few = options.size(50_000, 50), options.size(2000, 20)
    contest = rounds.Contest("Put and get, in one thread", unit="us", scale=1e6)
    contest.add("troupe.Queue", lambda: put_and_get(many))
    contest.add("queue.Queue", rounds.peer("queue_put_and_get", many))
    contest.add("concurrent.interpreters' queue",
                rounds.peer("interpreter_queue_put_and_get", many))
    contest.run(options.rounds)
    contest = rounds.Contest("There and back", unit="us", scale=1e6)
    echo = system.spawn("actors:QueueEcho")
    contest.add("troupe.Queue, to an actor", lambda: round_trips(echo, few))
    contest.add("queue.Queue, to a thread", rounds.peer("thread_queue_echo", few))
    contest.add("concurrent.interpreters' queue",
                rounds.peer("interpreter_queue_echo", options.size(100)))
    contest.run(options.rounds)


def put_and_get(count):
    queue = troupe.Queue()
    start = time.perf_counter()
    for n in range(count):
        queue.put(n)
        queue.get()
    return (time.perf_counter() - start) / count


def round_trips(echo, count):
    requests, answers = troupe.Queue(), troupe.Queue()
    echo.tell.serve(requests, answers)
    requests.put(0)
    answers.get()
    start = time.perf_counter()
    for n in range(count):
        requests.put(n)
        answers.get()
    seconds = time.perf_counter() - start
    requests.close()
    return seconds / count
