# SPDX-License-Identifier: Apache-2.0
"""Which files of a folder are most alike, by their words.

    paths  -->  counted x N  -->  vector_of x P  -->  one Blob
    blocks of it  -->  Comparer x P  -->  the best pairs

Words are counted in interpreters of this process. numpy can't be used in those; so
what needs it runs in child processes, which share the memory of the Blob.
"""

import argparse
import heapq
import os
import sys
import sysconfig
import time
from functools import partial
from importlib.util import find_spec

import words
from troupe import Blob, Pipeline

BLOCK = 64  # rows


def main(system, args):
    options = _options(args)
    if find_spec("numpy") is None:
        sys.exit("alike: there is no numpy; what pip said when this was built is in "
                 "bazel-troupe/external/numpy/MISSING.txt (`bazel sync --only=numpy` tries again)")
    start = time.perf_counter()
    names, vectors = read(system, options)
    pairs = best_pairs(system, options, len(names), vectors)
    seconds = time.perf_counter() - start
    for score, first, second in pairs:
        print(f"{score:.3f}  {names[first]}  {names[second]}")
    print(f"\n{len(names):,} files compared in {seconds:.2f} s, with {options.workers} "
          f"interpreters and {options.processes} processes")


def read(system, options):
    """The files' names, and a vector for each, one after the other."""
    read = (
        Pipeline("read")
        .source(words.files_in(options.root))
        .map(partial(words.counted, options.root), parallel=options.workers)
        .filter(partial(words.are_enough, options.words))
        .map("vectors:vector_of", home="process", parallel=options.processes)
        .run(system)
    )
    names = [name for name, _ in read.items]
    return names, Blob(b"".join(vector for _, vector in read.items))


def best_pairs(system, options, rows, vectors):
    blocks = [(begin, min(begin + BLOCK, rows)) for begin in range(0, rows, BLOCK)]
    compared = (
        Pipeline("compare")
        .source(blocks)
        .map("vectors:Comparer", args=(vectors, options.top), home="process",
             parallel=options.processes)
        .run(system)
    )
    return heapq.nlargest(options.top, (pair for block in compared.items for pair in block))


def _options(args):
    cores = os.process_cpu_count() or 1
    parser = argparse.ArgumentParser(
        prog="alike", description="Finds the files of a folder that are most alike.")
    parser.add_argument("--root", metavar="DIR", default=sysconfig.get_path("stdlib"),
                        help="the folder (default: Python's standard library)")
    parser.add_argument("--workers", type=int, default=cores, metavar="N",
                        help="how many interpreters count words (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=cores, metavar="N",
                        help="how many processes compute (default: %(default)s)")
    parser.add_argument("--words", type=int, default=200, metavar="N",
                        help="files with fewer different words aren't compared "
                        "(default: %(default)s)")
    parser.add_argument("--top", type=int, default=10, metavar="N",
                        help="how many pairs to show (default: %(default)s)")
    options = parser.parse_args(args)
    for name in ("workers", "processes"):
        if not 1 <= getattr(options, name) <= 1000:
            parser.error(f"--{name} must be from 1 to 1000, not {getattr(options, name)}")
    if options.top < 1:
        parser.error("--top must be 1 or more")
    if not os.path.isdir(options.root):
        parser.error(f"there is no folder {options.root!r}")
    return options
