# SPDX-License-Identifier: Apache-2.0
"""A round trip: two actors, each in an interpreter of its own, hit a ball to and
fro. The message is an int: how many hits are left."""

import time

import troupe

import rounds


def main(_, args):
    options = rounds.Options(args, __doc__)
    contest = rounds.Contest("A round trip", unit="us", scale=1e6)
    many, some, few = (options.size(n) for n in (300_000, 20_000, 20))
    with troupe.System(workers=1) as one, troupe.System(workers=2) as two:
        contest.add("two actors, one worker", game(one, many))
        contest.add("two actors, two workers", game(two, many))
        contest.add("two C++ actors, one worker", rounds.core("round_trip", many))
        contest.add("threads, queue.SimpleQueue", rounds.peer("thread_queue_echo", some))
        contest.add("processes, multiprocessing.Pipe", rounds.peer("process_pipe_echo", some))
        contest.add("concurrent.interpreters, its queue",
                    rounds.peer("interpreter_queue_echo", few))
        contest.run(options.rounds)


def game(system, count):
    players = [system.spawn("actors:Player") for _ in range(2)]
    for player, other in zip(players, reversed(players)):
        player.tell.meet(other)

    def once():
        start = time.perf_counter()
        players[0].tell(2 * count)
        system.wait_quiet()
        return (time.perf_counter() - start) / count

    return once
