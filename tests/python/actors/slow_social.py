# SPDX-License-Identifier: Apache-2.0
"""Answers as actors.social does, but only when the gate is opened."""

import os

import troupe

seen = []


def started(gate):
    global _gate
    _gate = gate


def receive(message):
    seen.append(message)


@troupe.handler
def note(what):
    os.read(_gate, 1)
    seen.append(what)
    return "slow"


@troupe.handler
def history():
    return seen
