# SPDX-License-Identifier: Apache-2.0
"""Puts the lines of files into a key-value store that is killed again and again,
and then looks whether all of them are there.

    this program  --put, get-->  store  <--restarts--  supervisor
                  --kill-->
"""

import argparse
import collections
import glob
import os
import sys
import sysconfig
import tempfile
import time

import troupe

AT_ONCE = 50  # requests that wait in the store


def main(system, args):
    options = _options(args)
    with tempfile.TemporaryDirectory() as folder:
        journal = options.journal or os.path.join(folder, "journal")
        _run(system, os.path.abspath(journal), options)


def _run(system, journal, options):
    start = time.perf_counter()
    system.supervise(
        troupe.Child("store", journal, name="store"),
        max_restarts=None,  # it may fail as often as it likes,
        backoff=troupe.Backoff(initial=0.001, maximum=0.1),  # but not in a hot loop
    )
    store = system.lookup("store")
    found, _ = store.ask.last_start().result()
    lines = dict(_lines(options.files))
    kills = put_all(store, lines, options.kill_every)
    lost = sum(got != lines[key] for key, got in get_all(store, lines))
    last, reasons = store.ask.last_start().result()
    print(f"{found:,} values were in the journal")
    print(f"{len(lines):,} lines of {len(options.files):,} files put")
    print(f"{kills:,} kills, {store.restarts:,} restarts; the last one found "
          f"{last:,} values{', after ' + reasons[0] if reasons else ''}")
    print(f"{lost:,} values lost: {time.perf_counter() - start:.2f} s")
    if lost:
        sys.exit(1)


def put_all(store, lines, kill_every):
    """Puts them all; a put that was not answered is put again."""
    waiting = collections.deque()
    kills = 0
    for count, (key, value) in enumerate(lines.items(), 1):
        if len(waiting) == AT_ONCE:
            _finish(store, *waiting.popleft())
        waiting.append((key, value, store.ask.put(key, value)))
        if count % kill_every == 0:
            store.kill()  # in whatever it does
            kills += 1
    while waiting:
        _finish(store, *waiting.popleft())
    return kills


def _finish(store, key, value, future):
    while True:
        try:
            return future.result()
        except troupe.ActorStopped:  # it was killed while at this one
            future = store.ask.put(key, value)


def get_all(store, keys):
    """(key, value) for all, not too many questions at a time."""
    waiting = collections.deque()
    for key in keys:
        if len(waiting) == AT_ONCE:
            known, future = waiting.popleft()
            yield known, future.result()
        waiting.append((key, store.ask.get(key)))
    for known, future in waiting:
        yield known, future.result()


def _lines(paths):
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                yield f"{path}:{number}", line.rstrip("\n")


def _options(args):
    parser = argparse.ArgumentParser(
        prog="kvstore", description="A key-value store that survives being killed.")
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="text files (default: some of the standard library)")
    parser.add_argument("--journal", metavar="FILE",
                        help="where the store keeps its values (default: a file that "
                        "is removed at the end)")
    parser.add_argument("--kill-every", type=int, default=500, metavar="N",
                        help="kill the store after so many puts (default: %(default)s)")
    options = parser.parse_args(args)
    if options.kill_every < 1:
        parser.error(f"--kill-every must be at least 1, not {options.kill_every}")
    for path in options.files:
        if not os.path.isfile(path):
            parser.error(f"there is no file {path!r}")
    options.files = options.files or _library()
    return options


def _library():
    pattern = os.path.join(glob.escape(sysconfig.get_path("stdlib")), "a*.py")
    return sorted(glob.glob(pattern))
