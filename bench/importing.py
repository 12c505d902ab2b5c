# SPDX-License-Identifier: Apache-2.0
"""Work of one thread in an ordinary Python: what `import troupe` and a system that
is up and idle cost the program that has nothing for it to do."""

import sys

import rounds

WORKS = {"calls": 200, "words": 100, "bodies": 100, "allocations": 200}
STATES = {
    "without troupe": "bare",
    "troupe is imported": "imported",
    "a system with 8 idle actors": "idle",
}


def main(args):
    options = rounds.Options(args, __doc__, rounds=15)
    for name, count in WORKS.items():
        contest = rounds.Contest(name, unit="ms", scale=1e3)
        for title, state in STATES.items():
            contest.add(title, rounds.ordinary("single_thread.py", name, state,
                                               options.size(count)))
        contest.run(options.rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
