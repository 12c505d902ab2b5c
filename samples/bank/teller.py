# SPDX-License-Identifier: Apache-2.0
"""A teller: orders transfers between accounts that it draws by lot."""

from collections import Counter
from random import Random

import troupe

AT_A_TIME = 20


@troupe.handler
async def work(accounts: list[troupe.Ref], transfers: int, seed: int) -> dict[str, int]:
    """How many transfers ended in which way."""
    lots = Random(seed)
    outcomes: Counter[str] = Counter()
    while transfers > 0:
        batch = []
        for _ in range(min(AT_A_TIME, transfers)):
            source, target = lots.sample(accounts, 2)
            batch.append(source.ask.transfer(target, lots.randint(1, 100)))
        for asked in batch:
            outcomes[await asked] += 1
        transfers -= len(batch)
    return dict(outcomes)
