# SPDX-License-Identifier: Apache-2.0
"""Stays in a handler for as long as a test wants."""

import os

import troupe


@troupe.handler
def hold(inside, go_on):
    os.write(inside, b".")
    inner(go_on)


def inner(go_on):
    os.read(go_on, 1)


@troupe.handler
def count_in_c(inside, n):
    os.write(inside, b".")
    return sum(range(n))


@troupe.handler
def nothing():
    pass


@troupe.handler
def look():
    return troupe.context.system.tree()
