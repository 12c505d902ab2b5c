# SPDX-License-Identifier: Apache-2.0
"""One way: messages, an int each, that one actor sends to another, which counts
them. From the first one sent to the last one counted."""

import time

import troupe

import rounds


def main(_, args):
    options = rounds.Options(args, __doc__)
    contest = rounds.Contest("One message", unit="us", scale=1e6)
    many, some, few = (options.size(n) for n in (300_000, 100_000, 10_000))
    with troupe.System(workers=1) as one, troupe.System(workers=2) as two:
        contest.add("from an actor, two workers", from_actor(two, many))
        contest.add("from an actor, one worker", from_actor(one, many))
        contest.add("from the main program, two workers", from_main(two, many))
        contest.add("C++ actors, two workers", rounds.core("one_way", many))
        contest.add("threads, queue.SimpleQueue", rounds.peer("thread_queue_count", many))
        contest.add("concurrent.interpreters, its queue",
                    rounds.peer("interpreter_queue_count", some))
        contest.add("processes, multiprocessing.Queue",
                    rounds.peer("process_queue_count", few))
        contest.run(options.rounds)


def from_actor(system, count):
    sender, counter = system.spawn("actors:Sender"), system.spawn("actors:Counter")
    return timed(system, counter, count, lambda: sender.tell.send(counter, count))


def from_main(system, count):
    counter = system.spawn("actors:Counter")

    def send():
        tell = counter.tell
        for n in range(count):
            tell(n)

    return timed(system, counter, count, send)


def timed(system, counter, count, send):
    def once():
        before = counter.ask.counted().result()
        start = time.perf_counter()
        send()
        system.wait_quiet()
        seconds = time.perf_counter() - start
        assert counter.ask.counted().result() == before + count
        return seconds / count

    return once
