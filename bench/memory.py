# SPDX-License-Identifier: Apache-2.0
"""Memory: how much more of it the process holds for each actor. One with an
interpreter of its own, one of many that share an interpreter, and one in C++.
Each is measured in a process that has done nothing else."""

import rounds


def main(_, args):
    options = rounds.Options(args, __doc__, rounds=2)
    contest = rounds.Contest("Memory of one", unit="kB", scale=1e-3)
    own, few, many = options.size(20, 2), options.size(10_000), options.size(100_000)
    contest.add("actor, interpreter of its own",
                rounds.launched("memory_of.py", "tiny", "own", own))
    contest.add(f"light actor, a module, of {few:,}",
                rounds.launched("memory_of.py", "tiny", "shared:light", few))
    for count in few, many:
        contest.add(f"light actor, a class, of {count:,}",
                    rounds.launched("memory_of.py", "tiny:Tiny", "shared:light", count))
    contest.add(f"C++ actor, of {many:,}", rounds.core("memory", many))
    contest.add("concurrent.interpreters", rounds.peer("interpreter_memory", own))
    for method in "forkserver", "spawn":
        contest.add(f"process ({method}), what it doesn't share",
                    rounds.peer(f"{method}_process_memory", options.size(5)))
    contest.run(options.rounds)
