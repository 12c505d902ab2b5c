# SPDX-License-Identifier: Apache-2.0
"""Keeps one shard of the words, and how often each of them was seen."""

import collections
import heapq

import troupe
import words

_times = collections.Counter()


@troupe.handler
def add(batch):
    _times.update(batch)
    troupe.context.sender.tell.counted()


@troupe.handler
def top(n):
    return heapq.nsmallest(n, _times.items(), key=words.rank)


@troupe.handler
def totals():
    """How many words in all, and how many different ones."""
    return _times.total(), len(_times)
