# SPDX-License-Identifier: Apache-2.0
"""The life of an actor: how long it takes to begin one and to end it. An actor
has an interpreter of its own, from a pool of warm ones or, when there is none
left, a new one; a light actor shares an interpreter with others."""

import statistics
import time

from memory_of import wait_for_warm_interpreters

import rounds
import troupe


def main(system, args):
    options = rounds.Options(args, __doc__, rounds=5)
    contest = rounds.Contest("A life", unit="ms", scale=1e3)
    cycles, some, few = options.size(200), options.size(10, 2), options.size(5, 1)
    lives = Lives(system)
    contest.add("actor: spawn, stop, join", lambda: lives.whole(cycles))
    contest.add("  spawn from the warm pool", lambda: lives.beginning(some))
    contest.add("  stop, join", lives.end)
    contest.add("  spawn, each of 10 in a burst", lambda: lives.burst(10))
    contest.add("  spawn, to its first answer", lambda: lives.first_answer(some))
    contest.add("  killed, to the answer of its next life", lambda: lives.restart(some))
    contest.add("light actor: spawn, stop, join",
                lambda: lives.whole(cycles, "shared:light"))
    contest.add("C++ actor: spawn, stop, join", rounds.core("life", options.size(20_000)))
    contest.add("concurrent.interpreters: create, close",
                rounds.peer("interpreter_life", some))
    for method in "fork", "forkserver", "spawn":
        contest.add(f"process ({method}): start, join",
                    rounds.peer(f"{method}_process_life", few))
    contest.run(options.rounds)


class Lives:
    """Begins and ends actors; each function answers the seconds for one."""

    def __init__(self, system):
        self._system = system

    def whole(self, count, home="own"):
        self._let_the_pool_fill()
        start = time.perf_counter()
        for _ in range(count):
            end(self._spawn(home))
        return (time.perf_counter() - start) / count

    def beginning(self, count):
        both = [self._warm_life() for _ in range(count)]
        self._end = statistics.median(end for _, end in both)
        return statistics.median(beginning for beginning, _ in both)

    def end(self):
        return self._end  # of those that were begun last

    def burst(self, count):
        self._let_the_pool_fill()
        warm = self._system.stats()["interpreters_warm"]
        started = [self._spawn() for _ in range(warm)]
        start = time.perf_counter()
        started += [self._spawn() for _ in range(count)]
        seconds = (time.perf_counter() - start) / count
        for actor in started:
            end(actor)
        return seconds

    def first_answer(self, count):
        return statistics.median(self._first_answer() for _ in range(count))

    def restart(self, count):
        actor = self._system.spawn(
            "tiny", restart="permanent", max_restarts=None,
            backoff=troupe.Backoff(at_once=1_000_000))
        seconds = statistics.median(self._restart(actor) for _ in range(count))
        end(actor)
        return seconds

    def _first_answer(self):
        self._let_the_pool_fill()
        start = time.perf_counter()
        actor = self._spawn()
        actor.ask(None).result()
        seconds = time.perf_counter() - start
        end(actor)
        return seconds

    def _restart(self, actor):
        self._let_the_pool_fill()
        start = time.perf_counter()
        actor.kill()
        actor.ask(None).result()
        return time.perf_counter() - start

    def _warm_life(self):
        self._let_the_pool_fill()
        start = time.perf_counter()
        actor = self._spawn()
        running = time.perf_counter()
        end(actor)
        return running - start, time.perf_counter() - running

    def _spawn(self, home="own"):
        return self._system.spawn("tiny", home=home)

    def _let_the_pool_fill(self):
        wait_for_warm_interpreters(self._system)


def end(actor):
    actor.stop()
    actor.join()
