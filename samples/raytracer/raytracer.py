# SPDX-License-Identifier: Apache-2.0
"""Traces rays on all cores, and writes the picture as they come.

    row numbers  -->  scene.row x replicas  -->  the rows, in order  -->  PNG
"""

import argparse
import os
import sys
import time

import png
import scene
from troupe import Pipeline


def main(system, args):
    options = _options(args)
    start = time.perf_counter()
    rows = traced(options.width, options.height, options.workers)
    try:
        with open(options.out, "wb") as file:
            png.Writer(options.width, options.height, greyscale=False).write(file, rows)
    except OSError as error:
        sys.exit(f"raytracer: {error}")
    print(f"{options.out}: {options.width} x {options.height} pixels in "
          f"{time.perf_counter() - start:.1f} s ({options.workers} at work)")


def traced(width, height, workers):
    numbers = Pipeline("raytracer").source(range(height))
    return numbers.map(lambda y: scene.row(y, width, height), parallel=workers)


def _options(args):
    parser = argparse.ArgumentParser(
        prog="raytracer", description="Paints balls on a chequered floor.")
    parser.add_argument("--out", metavar="FILE", default="balls.png",
                        help="the picture (default: %(default)s)")
    parser.add_argument("--width", metavar="N", type=int, default=640,
                        help="in pixels (default: %(default)s)")
    parser.add_argument("--height", metavar="N", type=int, default=400,
                        help="in pixels (default: %(default)s)")
    parser.add_argument("--workers", metavar="N", type=int,
                        default=os.process_cpu_count() or 1,
                        help="how many actors (default: one a core, %(default)s)")
    options = parser.parse_args(args)
    if not 1 <= options.workers <= 1000:
        parser.error(f"--workers must be from 1 to 1000, not {options.workers}")
    if not (1 <= options.width <= 10_000 and 1 <= options.height <= 10_000):
        parser.error("--width and --height must be from 1 to 10000")
    return options
