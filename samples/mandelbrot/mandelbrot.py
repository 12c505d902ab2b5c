# SPDX-License-Identifier: Apache-2.0
"""Paints a corner of the Mandelbrot set on all cores, and writes a PNG.

    canvas  --row numbers-->  painter x N  --pixels-->  canvas
"""

import argparse
import os
import re
import sys
import threading
import time

import png
from tqdm import tqdm

# One process needs no semaphore, which is what tqdm makes otherwise.
tqdm.set_lock(threading.RLock())


def main(system, args):
    options = _options(args)
    width, height = options.size
    start = time.perf_counter()
    rows = paint(system, width, height, options.workers)
    try:
        with open(options.out, "wb") as file:
            png.Writer(width, height, greyscale=False).write(file, rows)
    except OSError as error:
        sys.exit(f"mandelbrot: {error}")
    print(f"{options.out}: {width} x {height} pixels in "
          f"{time.perf_counter() - start:.1f} s ({options.workers} at work)")


def paint(system, width, height, workers):
    """The rows of the picture, painted by so many actors."""
    canvas = system.spawn("canvas", height, name="canvas")
    for n in range(1, workers + 1):
        painter = system.spawn("painter", canvas, width, height, name=f"painter {n}")
        canvas.tell.next_row(painter)
    _watch(system, canvas, height)
    if canvas.ask.done().result() != height:
        sys.exit("mandelbrot: an actor failed; its traceback is above")
    return canvas.ask.rows().result()


def _watch(system, canvas, height):
    """Waits until all is painted, with a progress bar on a terminal."""
    with tqdm(total=height, unit="row", leave=False, disable=None) as bar:
        refresh = None if bar.disable else 0.1
        while not system.wait_quiet(timeout=refresh):
            bar.update(canvas.ask.done().result() - bar.n)


def _options(args):
    parser = argparse.ArgumentParser(
        prog="mandelbrot", description="Paints a corner of the Mandelbrot set.")
    parser.add_argument("--out", metavar="FILE", default="mandelbrot.png",
                        help="the picture (default: %(default)s)")
    parser.add_argument("--size", metavar="WxH", default=(1280, 960), type=_size,
                        help="in pixels (default: 1280x960)")
    parser.add_argument("--workers", metavar="N", type=int,
                        default=os.process_cpu_count() or 1,
                        help="how many painters (default: one a core, %(default)s)")
    options = parser.parse_args(args)
    if not 1 <= options.workers <= 1000:
        parser.error(f"--workers must be from 1 to 1000, not {options.workers}")
    folder = os.path.dirname(os.path.abspath(options.out))
    if os.path.isdir(options.out) or not os.access(folder, os.W_OK):
        parser.error(f"--out: can't write {options.out!r}")
    return options


def _size(text):
    size = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text, re.ASCII)
    if not size or "0" in (numbers := [str(int(n)) for n in size.groups()]):
        raise argparse.ArgumentTypeError(f"{text!r}: write 1280x960, say")
    return tuple(map(int, numbers))
