# SPDX-License-Identifier: Apache-2.0
"""How much memory a pipeline takes whose sink is slower than its source: a
hundred million numbers from a generator, through two stages, to a sink that
takes its time. Shown is the most that the whole process has taken meanwhile."""

from troupe import Pipeline

import rounds
from pipeline_stages import double, increment


def main(system, args):
    options = rounds.Options(args, __doc__, rounds=1)
    contest = rounds.Contest("Peak of the process", unit="MiB", scale=1 / 2**20)
    for count in (1_000_000, 100_000_000):
        contest.add(f"{count:,} items", peak(system, options.size(count)))
    contest.run(options.rounds)


def peak(system, count):
    def once():
        sink = SlowSink()
        # One that is warm: interpreters and modules take their memory now.
        pipeline(range(100_000), sink).run(system)
        forget_peak()
        result = pipeline((n for n in range(count)), sink).run(system)
        assert result.delivered == count
        return memory("VmHWM")

    return once


def pipeline(numbers, sink):
    return Pipeline("memory").source(numbers).map(increment, parallel=2).map(double).sink(sink)


class SlowSink:
    """Takes about twice as long for an item as what comes before it."""

    def write(self, items):
        for _ in range(4 * len(items)):
            pass


def memory(what):
    """Bytes, by a name in /proc/self/status."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(what))


def forget_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
