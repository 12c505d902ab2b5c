# SPDX-License-Identifier: Apache-2.0
"""A web service: one asyncio actor has the connections, a pool computes.

    browsers  --HTTP-->  server  --numbers-->  worker x N, the least busy first

`webservice --port 8000`, then http://localhost:8000/factors/9999999900. Without a
port, clients in the same process ask it, and while the workers are busy one more
sees how soon the server answers what needs no work.
"""

import argparse
import os
import random
import statistics
import time

import troupe


def main(system, args):
    options = _options(args)
    pool = system.pool("worker", size=options.workers, policy="least_loaded", name="workers")
    server = system.spawn("server", pool.ref, options.port or 0, name="server")
    port = server.ask.port().result()
    if options.port is not None:
        print(f"http://localhost:{port}/factors/9999999900. Ctrl-C ends.", flush=True)
        server.join()
    else:
        try_out(system, port, options)


def try_out(system, port, options):
    dice = random.Random(1)
    clients = [system.spawn("client", home="shared:clients") for _ in range(5)]
    share = -(-options.requests // 4)
    paths = [f"/factors/{dice.randrange(10**10, 10**12)}" for _ in range(share)]
    start = time.perf_counter()
    busy = [client.options(timeout=None).ask.get(port, paths) for client in clients[1:]]
    health = clients[0].ask.get(port, ["/health"] * 20).result()
    seen = [one for part in troupe.gather(*busy) for one in part]
    seconds = time.perf_counter() - start
    good = sum(status == 200 for status, _ in seen)
    print(f"{good:,} of {len(seen):,} answered well in {seconds:.2f} s by "
          f"{options.workers} workers")
    print(f"meanwhile /health took {1e3 * statistics.median(s for _, s in health):.2f} ms")


def _options(args):
    parser = argparse.ArgumentParser(
        prog="webservice", description="Finds the prime factors of numbers, over HTTP.")
    parser.add_argument("--port", type=int, metavar="N",
                        help="where to listen, on localhost (0: anywhere)")
    parser.add_argument("--workers", type=int, default=os.process_cpu_count() or 1,
                        metavar="N", help="how many compute "
                        "(default: one a core, %(default)s)")
    parser.add_argument("--requests", type=int, default=100, metavar="N",
                        help="how many to try, without a port (default: %(default)s)")
    options = parser.parse_args(args)
    if not 1 <= options.workers <= 1000:
        parser.error(f"--workers must be from 1 to 1000, not {options.workers}")
    if options.requests < 1:
        parser.error(f"--requests must be at least 1, not {options.requests}")
    if options.port is not None and not 0 <= options.port <= 65535:
        parser.error(f"--port must be from 0 to 65535, not {options.port}")
    return options
