# SPDX-License-Identifier: Apache-2.0
"""Gives back what it gets, and does other simple things on request."""

import sys
import threading

import troupe

seen = []


def receive(message):
    seen.append(message)
    return message


@troupe.handler
def add(a, b=0, *, c=0):
    return a + b + c


@troupe.handler
def nothing():
    pass


@troupe.handler
def history():
    return seen


@troupe.handler
def divide(a, b):
    return a / b


@troupe.handler
def fail_oddly():
    class Local(Exception):
        pass

    raise Local("of a class that nobody can import")


@troupe.handler
def unsendable():
    return threading.Lock()


@troupe.handler
def leave(code=None):
    sys.exit(code)


def not_a_handler():
    raise AssertionError("never called")
