# SPDX-License-Identifier: Apache-2.0
"""The stages that pipeline.py and its peers run."""


def increment(n):
    return n + 1


def is_odd(n):
    return n % 2 == 1


def double(n):
    return 2 * n


def all_three(n):
    """For peers that take one function; None: left out."""
    n = increment(n)
    return double(n) if is_odd(n) else None
