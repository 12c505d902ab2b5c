# SPDX-License-Identifier: Apache-2.0
"""A bank: money moves between accounts, and none is made or lost.

    main  --work-->  teller x N  --transfer-->  account x M  --deposit-->  account
"""

import argparse
import sys
import time
from collections import Counter

import troupe
from account import Account


def main(system, args):
    options = _options(args)
    accounts = [
        system.spawn(Account, 1000, home=troupe.shared("accounts"), frozen=n % 10 == 9)
        for n in range(options.accounts)
    ]
    before = total(accounts)
    start = time.perf_counter()
    outcomes = move(system, accounts, options)
    seconds = time.perf_counter() - start
    after = total(accounts)
    print(f"{options.accounts:,} accounts, {sum(outcomes.values()):,} transfers: "
          f"{seconds:.2f} s")
    for outcome in ("done", "no money", "sent back"):
        print(f"{outcomes[outcome]:>9,} {outcome}")
    print(f"{after:>9,} in all, as much as before" if after == before
          else f"{before:,} before and {after:,} after!")
    sys.exit(after != before)


def move(system, accounts, options):
    """How many transfers ended in which way, all tellers together."""
    tellers = [system.spawn("teller") for _ in range(options.tellers)]
    reports = [
        teller.options(timeout=None).ask.work(accounts, options.transfers, seed)
        for seed, teller in enumerate(tellers, options.seed)
    ]
    outcomes = Counter()
    for report in reports:
        outcomes.update(report.result())
    return outcomes


def total(accounts):
    return sum(troupe.gather(*(account.ask.balance() for account in accounts)))


def _options(args):
    parser = argparse.ArgumentParser(
        prog="bank", description="Moves money between accounts, and counts it.")
    parser.add_argument("--accounts", type=int, default=50, metavar="N",
                        help="how many (default: %(default)s)")
    parser.add_argument("--tellers", type=int, default=2, metavar="N",
                        help="how many order transfers (default: %(default)s)")
    parser.add_argument("--transfers", type=int, default=5000, metavar="N",
                        help="how many each teller orders (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the lots (default: %(default)s)")
    options = parser.parse_args(args)
    if options.accounts < 2:
        parser.error(f"--accounts must be at least 2, not {options.accounts}")
    if options.tellers < 1:
        parser.error(f"--tellers must be at least 1, not {options.tellers}")
    return options
