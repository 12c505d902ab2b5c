# SPDX-License-Identifier: Apache-2.0
"""A program for process_test: it says which process its actor has, and waits."""

import time


def main(system, args):
    actor = system.spawn("actors.hosted", home="process")
    print(actor.ask.pid().result(60), flush=True)
    if args[0] == "hang":
        actor.tell.hang()
    time.sleep(3600)
