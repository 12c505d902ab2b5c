# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: contestants, rounds, and a table of the outcome.

A contestant is a function that does its work once and returns one number. The
rounds go through all of them in turn, so that what disturbs the machine for a
while disturbs them all. The table shows the median of the rounds, the least and
the most, and how many times the median of the first contestant that is.
"""

import argparse
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Programs that Bazel has built are beside each other there.
BUILT = os.path.join(os.environ.get("RUNFILES_DIR", ""), "troupe")


class Options:
    """--rounds N, and --quick, by which the tests see that all still works."""

    def __init__(self, args, description, rounds=7):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--rounds", metavar="N", type=int, default=rounds,
                            help="how often each is measured (default: %(default)s)")
        parser.add_argument("--quick", action="store_true",
                            help="one small round: the figures mean nothing")
        chosen = parser.parse_args(args)
        self.quick = chosen.quick
        self.rounds = 1 if chosen.quick else max(1, chosen.rounds)

    def size(self, count, least=1):
        """`count`, or a small part of it for --quick."""
        return max(least, count // 1000) if self.quick else count


class Contest:
    def __init__(self, title, unit, scale=1.0):
        self._title, self._unit, self._scale = title, unit, scale
        self._contestants = []  # (name, function, numbers)

    def add(self, name, once):
        self._contestants.append((name, once, []))

    def run(self, rounds):
        """Measures, then prints the table."""
        _show_machine()
        for _ in range(rounds):
            for _, once, numbers in self._contestants:
                numbers.append(once() * self._scale)
        self._show(rounds)

    def _show(self, rounds):
        title = f"{self._title}, {self._unit}"
        print(f"\n{title:46} {'median':>9} {'least':>9} {'most':>9}   ratio")
        first = statistics.median(self._contestants[0][2])
        for name, _, numbers in self._contestants:
            median = statistics.median(numbers)
            spread = " ".join(f"{_number(n):>9}"
                              for n in (median, min(numbers), max(numbers)))
            print(f"  {name:44} {spread} {_number(median / first):>7}", flush=True)


def _number(n):
    if 0 < abs(n) < 1:
        return f"{n:.2g}"
    digits = 0 if abs(n) >= 1000 else 1 if abs(n) >= 100 else 2
    return f"{n:,.{digits}f}"


def _show_machine():
    version = sys.version.split()[0]
    load = os.getloadavg()[0]
    print(f"CPython {version}, {os.process_cpu_count()} cores, load average {load:.1f}",
          flush=True)


def peer(name, count):
    """A contestant in an ordinary Python of its own: see peers.py."""
    return ordinary("peers.py", name, count)


def ordinary(program, *args):
    """A contestant that is a program for an ordinary Python."""
    return _program([sys.executable, os.path.join(HERE, program), *map(str, args)])


def core(name, count):
    """A contestant that is C++ actors only: see core_bench.cpp."""
    return _program([os.path.join(BUILT, "bench/core"), name, str(count)])


def launched(program, *args):
    """A contestant that is another program for the launcher."""
    launcher = os.path.join(BUILT, "pybridge/troupe")
    return _program([launcher, "run", os.path.join(HERE, program), *map(str, args)])


def _program(command):
    def once():
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        return float(done.stdout)

    return once
