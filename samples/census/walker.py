# SPDX-License-Identifier: Apache-2.0
"""The first stage: finds the files, and hands them out to whoever asks.

Since a batch leaves only when an analyser wants one, no mailbox ever holds
more than one batch. Big files go first: so all analysers end together.
"""

import measure
import troupe

BATCH = 16 * 1024  # bytes of source: a few milliseconds of work

_batches = iter(())


@troupe.handler
def walk(root):
    """Finds the files below `root` and returns how many there are."""
    global _batches
    files = sorted(measure.find(root), reverse=True)
    _batches = batched(files)
    return len(files)


@troupe.handler
def next_batch(analyser):
    """Sends the next batch of paths to `analyser`, if there is one left."""
    if batch := next(_batches, None):
        analyser.tell.analyse(batch)


def batched(files):
    batch, size = [], 0
    for bytes_, path in files:
        batch.append(path)
        size += bytes_
        if size >= BATCH or len(batch) == 100:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
