# SPDX-License-Identifier: Apache-2.0
"""Keeps what it is told."""

import troupe

kept = []


def receive(message):
    kept.append(message)


@troupe.handler
def messages():
    return kept


@troupe.handler
def take_messages():
    taken, kept[:] = list(kept), []
    return taken
