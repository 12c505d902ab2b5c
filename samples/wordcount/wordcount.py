# SPDX-License-Identifier: Apache-2.0
"""Counts the words of text files: by default, of the standard library.

    reader x N  --words, by key-->  counter x shards  --acknowledgement-->  reader

A word always goes to the same counter, so the counters share nothing and their
answers only have to be put together.
"""

import argparse
import glob
import os
import sysconfig
import time

import words


def main(system, args):
    options = _options(args)
    start = time.perf_counter()
    top, total, different = count(system, options.files, options.shards, options.top)
    for word, times in top:
        print(f"{times:>11,}  {word}")
    print(f"\n{total:,} words, {different:,} different ones, in {len(options.files):,} "
          f"files: {time.perf_counter() - start:.2f} s")


def count(system, files, shards, n):
    """The `n` words seen most, how many words in all, how many different."""
    counters = [system.spawn("counter", name=f"counter {i}") for i in range(shards)]
    readers = min(len(files), os.process_cpu_count() or 1)
    for i in range(readers):
        part = files[i::readers]
        system.spawn("reader", part, counters, name=f"reader {i}").tell.start()
    system.wait_quiet()
    tops = [counter.ask.top(n) for counter in counters]
    totals = [counter.ask.totals() for counter in counters]
    merged = sorted((row for top in tops for row in top.result()), key=words.rank)
    total, different = map(sum, zip(*(future.result() for future in totals)))
    return merged[:n], total, different


def _options(args):
    parser = argparse.ArgumentParser(
        prog="wordcount", description="Counts the words of text files.")
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="text files (default: the standard library's modules)")
    parser.add_argument("--shards", type=int, metavar="N",
                        default=os.process_cpu_count() or 1,
                        help="how many counters (default: one a core, %(default)s)")
    parser.add_argument("--top", type=int, default=20, metavar="N",
                        help="how many words to print (default: %(default)s)")
    options = parser.parse_args(args)
    if not 1 <= options.shards <= 1000:
        parser.error(f"--shards must be from 1 to 1000, not {options.shards}")
    if options.top < 0:
        parser.error(f"--top must not be negative: {options.top}")
    for path in options.files:
        if not os.path.isfile(path):
            parser.error(f"there is no file {path!r}")
    options.files = options.files or _library()
    return options


def _library():
    pattern = os.path.join(glob.escape(sysconfig.get_path("stdlib")), "**", "*.py")
    return sorted(glob.glob(pattern, recursive=True), key=os.path.getsize)
