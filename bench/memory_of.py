# SPDX-License-Identifier: Apache-2.0
"""memory_of.py TARGET HOME COUNT prints the bytes that the process grows by for
each of so many actors."""

import os
import time


def main(system, args):
    target, home, count = args[0], args[1], int(args[2])
    kept = [system.spawn(target, home=home)]
    before = resident(system)
    kept += [system.spawn(target, home=home) for _ in range(count)]
    print((resident(system) - before) / count)


def resident(system):
    wait_for_warm_interpreters(system)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def wait_for_warm_interpreters(system):
    """Until their number hasn't changed for a while."""
    before = None
    while (now := system.stats()["interpreters_created"]) != before:
        before = now
        time.sleep(0.1)
