# SPDX-License-Identifier: Apache-2.0
"""Words, and which of the counters a word belongs to."""

import collections
import re
import zlib

CHUNK = 64 * 1024  # characters: some milliseconds of work

# Letters of any script, with apostrophes inside: "don't" is one word.
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def chunks(path):
    """The text of a file in parts that end where lines do."""
    with open(path, encoding="utf-8", errors="replace") as file:
        while text := file.read(CHUNK) + file.readline():
            yield text


def split(text, shards):
    """Counts the words of `text`: a dict for each of the shards."""
    parts = [{} for _ in range(shards)]
    for word, times in collections.Counter(_WORD.findall(text.lower())).items():
        parts[shard(word, shards)][word] = times
    return parts


def shard(word, shards):
    """Not hash(): the hash of a string differs from one run to the next."""
    return zlib.crc32(word.encode()) % shards


def rank(item):
    """Sorts (word, times) by how often, then by the alphabet."""
    word, times = item
    return -times, word
