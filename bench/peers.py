# SPDX-License-Identifier: Apache-2.0
"""The peers: what Python itself has for the same work, without Troupe.

    python3.14 peers.py NAME COUNT

does it COUNT times and prints one number: seconds (or bytes) for each.
"""

import functools
import multiprocessing
import multiprocessing.pool
import os
import queue
import sys
import sysconfig
import threading
import time
from concurrent import futures, interpreters

import pipeline_stages

_peers = {}


def peer(function):
    _peers[function.__name__] = function
    return function


def seconds_each(count, once):
    start = time.perf_counter()
    for n in range(count):
        once(n)
    return (time.perf_counter() - start) / count


# --- A round trip: one end sends each number back ---


def echo(requests, answers, count):
    for _ in range(count):
        answers.put(requests.get())


def round_trips(requests, answers, count):
    def once(n):
        requests.put(n)
        answers.get()

    once(0)  # the other end has started
    return seconds_each(count, once)


@peer
def interpreter_queue_echo(count):
    other = interpreters.create()
    requests, answers = interpreters.create_queue(), interpreters.create_queue()
    other.call_in_thread(echo, requests, answers, count + 1)
    return round_trips(requests, answers, count)


@peer
def queue_put_and_get(count):
    items = queue.Queue()
    return seconds_each(count, lambda n: (items.put(n), items.get()))


@peer
def interpreter_queue_put_and_get(count):
    items = interpreters.create_queue()
    return seconds_each(count, lambda n: (items.put(n), items.get()))


@peer
def thread_queue_echo(count):
    requests, answers = queue.SimpleQueue(), queue.SimpleQueue()
    threading.Thread(target=echo, args=(requests, answers, count + 1)).start()
    return round_trips(requests, answers, count)


def echo_pipe(pipe, count):
    for _ in range(count):
        pipe.send(pipe.recv())


@peer
def process_pipe_echo(count):
    here, there = multiprocessing.Pipe()
    multiprocessing.Process(target=echo_pipe, args=(there, count + 1)).start()

    def once(n):
        here.send(n)
        here.recv()

    once(0)
    return seconds_each(count, once)


def send_pages(pipe, count):
    for _ in range(count):
        pipe.send(sum(memoryview(pipe.recv())[::4096]))


@peer
def process_pipe_megabytes(count):
    """So many in one message; seconds for all."""
    here, there = multiprocessing.Pipe()
    multiprocessing.Process(target=send_pages, args=(there, 2)).start()
    content = bytes(count << 20)

    def once(_):
        here.send(content)
        here.recv()

    once(0)
    return seconds_each(1, once)


# --- One way: the other end counts what comes ---


def receive(source, answers, count):
    for _ in range(count):
        source.get()
    answers.put(count)


def one_way(source, answers, count):
    source.put(0)
    start = time.perf_counter()
    for n in range(count):
        source.put(n)
    answers.get()
    return (time.perf_counter() - start) / count


@peer
def interpreter_queue_count(count):
    other = interpreters.create()
    source, answers = interpreters.create_queue(), interpreters.create_queue()
    other.call_in_thread(receive, source, answers, count + 1)
    return one_way(source, answers, count)


@peer
def thread_queue_count(count):
    source, answers = queue.SimpleQueue(), queue.SimpleQueue()
    threading.Thread(target=receive, args=(source, answers, count + 1)).start()
    return one_way(source, answers, count)


def receive_pipe(source, count):
    for _ in range(count):
        source.recv()
    source.send(count)


@peer
def process_pipe_count(count):
    here, there = multiprocessing.Pipe()
    multiprocessing.Process(target=receive_pipe, args=(there, count + 1)).start()
    here.send(0)
    start = time.perf_counter()
    for n in range(count):
        here.send(n)
    here.recv()
    return (time.perf_counter() - start) / count


@peer
def process_queue_count(count):
    source, answers = multiprocessing.Queue(), multiprocessing.Queue()
    multiprocessing.Process(target=receive, args=(source, answers, count + 1)).start()
    return one_way(source, answers, count)


# --- Spawn: begin something, and end it ---


@peer
def interpreter_life(count):
    return seconds_each(count, lambda _: interpreters.create().close())


def nothing():
    pass


def process_life(method, count):
    context = multiprocessing.get_context(method)

    def once(_):
        process = context.Process(target=nothing)
        process.start()
        process.join()

    once(0)  # the fork server has started
    return seconds_each(count, once)


@peer
def fork_process_life(count):
    return process_life("fork", count)


@peer
def forkserver_process_life(count):
    return process_life("forkserver", count)


@peer
def spawn_process_life(count):
    return process_life("spawn", count)


def process_answer(method, count):
    context = multiprocessing.get_context(method)

    def once(_):
        here, there = context.Pipe()
        process = context.Process(target=echo_pipe, args=(there, 1))
        process.start()
        here.send(0)
        here.recv()
        process.join()

    once(0)
    return seconds_each(count, once)


@peer
def fork_process_answer(count):
    return process_answer("fork", count)


@peer
def forkserver_process_answer(count):
    return process_answer("forkserver", count)


@peer
def spawn_process_answer(count):
    return process_answer("spawn", count)


# --- A task for somebody else, and its result ---


def same(n):
    return n


def tasks(executor, count):
    with executor:
        executor.submit(same, 0).result()  # the worker has started
        return seconds_each(count, lambda n: executor.submit(same, n).result())


def batches(executor, count):
    """Batches of 100; seconds for each task."""
    with executor:
        executor.submit(same, 0).result()
        return seconds_each(count, lambda _: list(executor.map(same, range(100)))) / 100


def all_at_once(executor, count):
    """All submitted, then waited for; seconds for each task."""
    with executor:
        list(executor.map(same, range(4)))
        start = time.perf_counter()
        for future in [executor.submit(same, n) for n in range(count)]:
            future.result()
        return (time.perf_counter() - start) / count


@peer
def thread_pool_submit(count):
    return all_at_once(futures.ThreadPoolExecutor(2), count)


@peer
def interpreter_pool_submit(count):
    return all_at_once(futures.InterpreterPoolExecutor(2), count)


@peer
def process_pool_submit(count):
    return all_at_once(futures.ProcessPoolExecutor(2), count)


@peer
def process_pool_map(count):
    with multiprocessing.Pool(2) as pool:
        pool.map(abs, range(100))
        start = time.perf_counter()
        pool.map(abs, range(count))
        return (time.perf_counter() - start) / count


@peer
def thread_pool_batch(count):
    return batches(futures.ThreadPoolExecutor(1), count)


@peer
def thread_pool_task(count):
    return tasks(futures.ThreadPoolExecutor(1), count)


@peer
def interpreter_pool_task(count):
    return tasks(futures.InterpreterPoolExecutor(1), count)


@peer
def process_pool_task(count):
    return tasks(futures.ProcessPoolExecutor(1), count)


# --- Memory, in bytes ---


@peer
def interpreter_memory(count):
    interpreters.create()  # what only the first one costs
    before = resident()
    kept = [interpreters.create() for _ in range(count)]
    return (resident() - before) / len(kept)


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@peer
def forkserver_process_memory(count):
    return memory_of_processes("forkserver", count)


@peer
def spawn_process_memory(count):
    return memory_of_processes("spawn", count)


def memory_of_processes(method, count):
    context = multiprocessing.get_context(method)
    pairs = [context.Pipe() for _ in range(count)]
    processes = [context.Process(target=echo_pipe, args=(there, 2)) for _, there in pairs]
    for process, (here, _) in zip(processes, pairs):
        process.start()
        here.send(None)
        here.recv()  # it runs
    private = sum(private_memory(process.pid) for process in processes)
    for process, (here, _) in zip(processes, pairs):
        here.send(None)
        process.join()
    return private / count


def private_memory(pid):
    """What it shares with no other process."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return 1024 * sum(int(line.split()[1]) for line in file
                          if line.startswith("Private_"))


# --- The census: the functions of the sample, in a pool of processes ---


@peer
def process_pool_census(workers):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../samples/census"))
    import measure

    root = sysconfig.get_path("stdlib")
    start = time.perf_counter()
    files = [path for _, path in sorted(measure.find(root), reverse=True)]
    total = measure.empty()
    with multiprocessing.Pool(workers) as pool:
        work = functools.partial(measure.measure, root)
        for count in pool.imap_unordered(work, files, chunksize=8):
            measure.merge(total, count)
    measure.report(total)
    return time.perf_counter() - start


# --- asyncio ---


@peer
def asyncio_task(count):
    import asyncio

    async def at_once():
        return 1

    async def run():
        start = time.perf_counter()
        for _ in range(count):
            await asyncio.create_task(at_once())
        return (time.perf_counter() - start) / count

    return asyncio.run(run())


def serve(_):
    """No peer: a server, which is killed."""
    import asyncio

    async def echo(reader, writer):
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def run():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


_peers["serve"] = serve


# --- Three small stages over many numbers ---


def imap(pool, count):
    numbers = list(range(count))
    with pool:
        pool.map(pipeline_stages.all_three, range(10))  # it has started
        start = time.perf_counter()
        found = pool.imap(pipeline_stages.all_three, numbers, chunksize=1000)
        kept = [n for n in found if n is not None]
        seconds = time.perf_counter() - start
    assert len(kept) == (count + 1) // 2
    return seconds / count


@peer
def process_imap(count):
    return imap(multiprocessing.Pool(2), count)


@peer
def thread_imap(count):
    return imap(multiprocessing.pool.ThreadPool(2), count)


# --- Timers ---


@peer
def thread_timer(count):
    import lateness

    return lateness.with_threads(count)


@peer
def asyncio_timer(count):
    import asyncio

    import lateness

    return asyncio.run(lateness.with_loop(count))


if __name__ == "__main__":
    print(_peers[sys.argv[1]](int(sys.argv[2])))
