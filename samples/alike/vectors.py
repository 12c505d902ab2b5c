# SPDX-License-Identifier: Apache-2.0
"""Arithmetic with numpy, which runs in the main interpreter of a process only: in
actors with a process of their own."""

import zlib

import numpy

WIDTH = 4096  # words share a place, which they do seldom


def vector_of(counts):
    """(name, {word: count}) --> (name, a vector's bytes)."""
    name, words = counts
    places = numpy.array([zlib.crc32(word.encode()) % WIDTH for word in words], dtype=numpy.intp)
    weights = 1 + numpy.log(numpy.array(list(words.values()), dtype=numpy.float64))
    vector = numpy.bincount(places, weights, minlength=WIDTH)
    return name, vector.astype(numpy.float32).tobytes()


class Comparer:
    """Compares each of some vectors with all that come after it."""

    def __init__(self, blob, top):
        # The memory of the blob, which the processes share.
        rows = numpy.frombuffer(blob, dtype=numpy.float32).reshape(-1, WIDTH)
        files = numpy.count_nonzero(rows, axis=0)
        rare = numpy.log(len(rows) / numpy.maximum(files, 1)).astype(numpy.float32)
        weighted = rows * rare
        length = numpy.linalg.norm(weighted, axis=1, keepdims=True)
        self.rows = weighted / numpy.maximum(length, 1e-9)
        self.top = top

    def __call__(self, block):
        """The pairs that are most alike of the rows begin:end: (score, i, j)."""
        begin, end = block
        scores = self.rows[begin:end] @ self.rows.T
        scores[numpy.arange(len(self.rows)) <= numpy.arange(begin, end)[:, None]] = -1
        best = numpy.argsort(scores, axis=None)[::-1][: self.top]
        first, second = numpy.unravel_index(best, scores.shape)
        return [
            (round(float(scores[i, j]), 4), begin + int(i), int(j))
            for i, j in zip(first, second)
            if scores[i, j] > 0
        ]
