# SPDX-License-Identifier: Apache-2.0
"""Reads files and sends each word to the counter that keeps it.

Two chunks at most are under way: the next one is read when the counters have
dealt with the batches of an earlier one. So a slow counter slows the readers
down, and no mailbox grows.
"""

import itertools
import sys

import troupe
import words

_counters = ()
_chunks = iter(())
_under_way = 0  # batches


def started(paths, counters):
    global _counters, _chunks
    _counters = counters
    _chunks = itertools.chain.from_iterable(map(_readable, paths))


@troupe.handler
def start():
    _read_on()


@troupe.handler
def counted():
    """From a counter: it has dealt with a batch."""
    global _under_way
    _under_way -= 1
    _read_on()


def _read_on():
    while _under_way <= len(_counters) and (text := next(_chunks, None)):
        _send(words.split(text, len(_counters)))


def _send(batches):
    global _under_way
    for counter, batch in zip(_counters, batches):
        if batch:
            counter.tell.add(batch)
            _under_way += 1


def _readable(path):
    try:
        yield from words.chunks(path)
    except OSError as error:
        print(f"wordcount: left out: {error}", file=sys.stderr)
