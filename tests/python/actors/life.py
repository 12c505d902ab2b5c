# SPDX-License-Identifier: Apache-2.0
"""An actor that tells a watcher what becomes of it."""

import os

import troupe

watcher = None
label = None


def started(ref=None, name="life", fail=None):
    global watcher, label
    watcher, label = ref, name
    if fail is not None:
        raise ValueError(fail)
    note("started")


def stopping(reason):
    note("stopping " + reason)


def note(text):
    if watcher is not None:
        watcher.tell(f"{label} {text}")


@troupe.handler
def work(n):
    note(f"work {n}")


@troupe.handler
def break_down():
    raise RuntimeError("broken on purpose")


@troupe.handler
def spin():
    note("spinning")
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


@troupe.handler
def hold_until(descriptor):
    """Stays in this handler until there is a byte to read."""
    os.read(descriptor, 1)
