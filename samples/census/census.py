# SPDX-License-Identifier: Apache-2.0
"""Measures a folder of Python files on all cores.

    paths  -->  measure x N  --counts-->  merged  -->  report

A pipeline hands the paths out to N analysers, each of them an actor in an interpreter
of its own, and adds up what they find. measure.py has the functions that do the work.
"""

import argparse
import contextlib
import json
import os
import sys
import sysconfig
import threading
import time
from functools import partial

import measure
import table
from tqdm import tqdm
from troupe import Pipeline

# One process needs no semaphore, which is what tqdm makes otherwise.
tqdm.set_lock(threading.RLock())


def main(system, args):
    options = _options(args)
    if options.compare:
        return _compare(system, options)
    if options.sequential:
        how = "one plain loop"
        report, seconds = _timed(by_loop, options.root)
    else:
        how = _analysers(options.workers)
        report, seconds = _timed(by_actors, system, options.root, options.workers)
    _show(options, report, seconds, how)


def by_actors(system, root, workers):
    """The report on `root`, from a pipeline with so many analysers."""
    # Big files first: so all analysers end together.
    files = [path for _, path in sorted(measure.find(root), reverse=True)]
    census = (
        Pipeline("census")
        .source(files)
        .map(partial(measure.measure, root), parallel=workers, ordered=False)
        .reduce(measure.merged, measure.empty(), home="main")  # it is little work
    )
    return measure.report(census.run(system, progress=_BAR).items[0])


def by_loop(root):
    """The same report, from one loop without actors."""
    total = measure.empty()
    for _, path in tqdm(measure.find(root), **_BAR):
        measure.merge(total, measure.measure(root, path))
    return measure.report(total)


# Of tqdm; disable=None: only on a terminal.
_BAR = {"unit": "file", "leave": False, "disable": None}


def _compare(system, options):
    _read_once(options.root)
    report, seconds = _timed(by_actors, system, options.root, options.workers)
    expected, loop_seconds = _timed(by_loop, options.root)
    _show(options, report, seconds, _analysers(options.workers))
    out = sys.stderr if options.json else sys.stdout
    if wrong := [key for key in expected if report[key] != expected[key]]:
        print(f"The loop finds other {', '.join(wrong)}.", file=out)
        sys.exit(1)
    print(f"One plain loop finds the same in {loop_seconds:.2f} s: "
          f"the actors are {loop_seconds / seconds:.2f}x as fast.", file=out)


def _read_once(root):
    """So that neither of the two runs has to wait for the disk."""
    for _, path in measure.find(root):
        with contextlib.suppress(OSError):
            measure.read(os.path.join(root, path))


def _show(options, report, seconds, how):
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        table.show(report, os.path.abspath(options.root), seconds, how)


def _timed(run, *args):
    start = time.perf_counter()
    return run(*args), time.perf_counter() - start


def _analysers(count):
    return f"{count} analyser{'s'[:count > 1]}"


def _options(args):
    parser = argparse.ArgumentParser(
        prog="census", description="Measures a folder of Python files on all cores.")
    parser.add_argument(
        "--root", metavar="DIR", default=sysconfig.get_path("stdlib"),
        help="the folder (default: this Python's standard library, %(default)s)")
    parser.add_argument(
        "--workers", metavar="N", type=int, default=os.process_cpu_count() or 1,
        help="how many analysers (default: one a core, %(default)s); they share "
             "the system's threads, of which there is one a core")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sequential", action="store_true",
                        help="use one plain loop, no actors")
    parser.add_argument("--compare", action="store_true",
                        help="do both, check that they agree, print the speed-up")
    options = parser.parse_args(args)
    if not 1 <= options.workers <= 1000:
        parser.error(f"--workers must be from 1 to 1000, not {options.workers}")
    if not os.path.isdir(options.root):
        parser.error(f"--root: there is no folder {options.root!r}")
    if not os.access(options.root, os.R_OK | os.X_OK):
        parser.error(f"--root: no permission to list {options.root!r}")
    return options
