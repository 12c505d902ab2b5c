# SPDX-License-Identifier: Apache-2.0
"""An actor in a process of its own: a round trip, messages one way, a life, and a
large Blob; beside them what multiprocessing has for that."""

import time

import rounds
import troupe


def main(system, args):
    options = rounds.Options(args, __doc__, rounds=5)
    some, many, few = options.size(3000), options.size(50_000), options.size(5)
    contests = [
        round_trip(system, some),
        one_way(system, many),
        life(system, few),
        blob(system, options.size(100)),
    ]
    for contest in contests:
        contest.run(options.rounds)


def spawn(system, what, home="process"):
    return system.spawn(what, home=home)


def round_trip(system, count):
    contest = rounds.Contest("A round trip from the main program", unit="us", scale=1e6)
    for home in "process", "own":
        echo = spawn(system, "actors:Echo", home)
        contest.add(f'ask(), home="{home}"', lambda echo=echo: asked(echo, count))
    contest.add("multiprocessing.Pipe", rounds.peer("process_pipe_echo", count))
    return contest


def asked(echo, count):
    start = time.perf_counter()
    for n in range(count):
        echo.ask(n).result()
    return (time.perf_counter() - start) / count


def one_way(system, count):
    contest = rounds.Contest("One message", unit="us", scale=1e6)
    for home in "process", "own":
        counter = spawn(system, "actors:Counter", home)
        contest.add(f'tell(), home="{home}"',
                    lambda counter=counter: told(counter, count))
    contest.add("multiprocessing.Pipe", rounds.peer("process_pipe_count", count))
    contest.add("multiprocessing.Queue", rounds.peer("process_queue_count", count))
    return contest


def told(counter, count):
    before = counter.ask.counted().result()
    start = time.perf_counter()
    tell = counter.tell
    for n in range(count):
        tell(n)
    after = counter.ask.counted().result()
    seconds = time.perf_counter() - start
    assert after == before + count
    return seconds / count


def life(system, count):
    contest = rounds.Contest("A life, to the first answer and its end", unit="ms",
                             scale=1e3)
    contest.add('actor, home="process"', lambda: lives(system, count))
    for method in "spawn", "forkserver", "fork":
        contest.add(f"multiprocessing.Process ({method})",
                    rounds.peer(f"{method}_process_answer", count))
    return contest


def lives(system, count):
    start = time.perf_counter()
    for _ in range(count):
        actor = spawn(system, "actors:Echo")
        actor.ask(0).result()
        actor.stop()
        actor.join()
    return (time.perf_counter() - start) / count


def blob(system, megabytes):
    contest = rounds.Contest(f"{megabytes} MiB, of which each page is read", unit="ms",
                             scale=1e3)
    content = bytes(megabytes << 20)
    for home in "process", "own":
        reader = spawn(system, "actors:Reader", home)
        made = troupe.Blob(content)
        contest.add(f'a Blob, home="{home}"',
                    lambda reader=reader, made=made: read(reader, made))
        contest.add("  and made of bytes first",
                    lambda reader=reader: read(reader, content))
    contest.add("bytes through a multiprocessing.Pipe",
                rounds.peer("process_pipe_megabytes", megabytes))
    return contest


def read(reader, content):
    """`content`: a Blob, or bytes, which become one."""
    start = time.perf_counter()
    reader.ask.read(troupe.Blob(content)).result()
    return time.perf_counter() - start
