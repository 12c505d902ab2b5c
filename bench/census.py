# SPDX-License-Identifier: Apache-2.0
"""The main job, samples/census over the standard library: how many times faster
than one plain loop are actors, and a multiprocessing.Pool of as many processes,
with the same functions."""

import os
import re
import statistics
import subprocess

import rounds

SAMPLE = os.path.join(rounds.BUILT, "samples/census/census")
OUTCOME = re.compile(r"One plain loop finds the same in ([\d.]+) s: "
                     r"the actors are ([\d.]+)x as fast")


def main(_, args):
    options = rounds.Options(args, __doc__, rounds=3)
    workers = os.process_cpu_count() or 1
    comparison = Comparison(workers, options.quick)
    contest = rounds.Contest("The census of the standard library", unit="s")
    contest.add(f"{workers} actors", comparison.actors)
    contest.add("one plain loop", comparison.loop)
    if not options.quick:
        contest.add(f"a Pool of {workers} processes",
                    rounds.peer("process_pool_census", workers))
    contest.run(options.rounds)
    ups = comparison.speed_ups
    print(f"speed-up {statistics.median(ups):.2f}x ({min(ups):.2f} to {max(ups):.2f})")


class Comparison:
    """What the sample's --compare says."""

    def __init__(self, workers, quick):
        self.speed_ups = []
        self._command = [SAMPLE, "--compare", f"--workers={workers}"]
        if quick:
            self._command.append(f"--root={rounds.HERE}")

    def actors(self):
        done = subprocess.run(self._command, capture_output=True, check=True, text=True)
        seconds, speed_up = map(float, OUTCOME.search(done.stdout).groups())
        self.speed_ups.append(speed_up)
        self._loop = seconds
        return seconds / speed_up

    def loop(self):
        return self._loop  # in the same run
