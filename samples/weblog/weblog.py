# SPDX-License-Identifier: Apache-2.0
"""Looks through access logs: what was asked for most, when, and how it went.

    pieces of files  -->  summary_of x replicas  -->  merged  -->  chart, table
"""

import argparse
import os
import tempfile
import time

import chart
import log
from troupe import Pipeline

PIECE = 1 << 20


def main(system, args):
    options = _options(args)
    if not options.files:
        options.files = [made_up_log(system, options)]
    start = time.perf_counter()
    hours, pages, classes, sent, unread = looked_through(system, options)
    seconds = time.perf_counter() - start
    for page, times in sorted(pages.items(), key=lambda row: (-row[1], row[0]))[:options.top]:
        print(f"{times:>12,}  {page.decode(errors='replace')}")
    ends = ", ".join(f"{n:,} {status.decode()}xx" for status, n in sorted(classes.items()))
    print(f"\n{sum(classes.values()):,} requests: {ends}; {sent:,} bytes sent")
    if unread:
        print(f"{unread:,} lines are no requests")
    with open(options.chart, "w") as file:
        file.write(chart.drawn(hours))
    size = sum(map(os.path.getsize, options.files))
    print(f"{size / 1e6:,.0f} MB in {seconds:.2f} s, {size / 1e6 / seconds:,.0f} MB/s; "
          f"the chart is in {options.chart}")


def looked_through(system, options):
    pieces = Pipeline("weblog").source(pieces_of(options.files))
    summaries = pieces.map(log.summary_of, parallel=options.workers, ordered=False)
    return summaries.reduce(log.merged, log.NOTHING).run(system).items[0]


def pieces_of(files):
    """Some whole lines at a time; the last one of a file may lack its end."""
    for path in files:
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                piece += file.readline()
                yield piece if piece.endswith(b"\n") else piece + b"\n"


def made_up_log(system, options):
    """A file of about so many megabytes, which goes with this process."""
    folder = tempfile.TemporaryDirectory()
    options.keep = folder
    path = os.path.join(folder.name, "access.log")
    parts = range(max(1, options.megabytes * 10**6 // len(log.made_up(0))))
    with open(path, "wb") as file:
        Pipeline("made up").source(parts).map(log.made_up, parallel=options.workers).sink(
            file.write).run(system)
    return path


def _options(args):
    parser = argparse.ArgumentParser(
        prog="weblog", description="Looks through access logs of the combined format.")
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="logs (default: one that is made up)")
    parser.add_argument("--megabytes", type=int, default=50, metavar="N",
                        help="how much to make up (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=os.process_cpu_count() or 1,
                        metavar="N", help="how many actors share the work "
                        "(default: one a core, %(default)s)")
    parser.add_argument("--top", type=int, default=10, metavar="N",
                        help="how many pages to show (default: %(default)s)")
    parser.add_argument("--chart", default="requests.svg", metavar="FILE",
                        help="where the chart goes (default: %(default)s)")
    options = parser.parse_args(args)
    if not 1 <= options.workers <= 1000:
        parser.error(f"--workers must be from 1 to 1000, not {options.workers}")
    if options.top < 0 or options.megabytes < 0:
        parser.error("--top and --megabytes must not be negative")
    for path in options.files:
        if not os.path.isfile(path):
            parser.error(f"there is no file {path!r}")
    return options
