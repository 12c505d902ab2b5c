# SPDX-License-Identifier: Apache-2.0
"""An actor under a supervisor: it counts, breaks when told to, and tells a
watcher what becomes of it."""

import os
import sys

import troupe

count = 0
watcher = None
label = "patient"
reasons = []


def started(ref=None, name="patient", fail_if=None):
    global watcher, label
    watcher, label = ref, name
    if fail_if is not None and os.path.exists(fail_if):
        raise ValueError(f"{label} finds {os.path.basename(fail_if)}")
    note("started")


def restarted(failure):
    reasons.append(failure)
    note(f"restarted after {type(failure).__name__}")


def stopping(reason):
    note(f"stopping {reason}")


def note(text):
    if watcher is not None:
        watcher.tell(f"{label} {text}")


@troupe.handler
def add(n=1):
    global count
    count += n
    return count


@troupe.handler
def why():
    return reasons


@troupe.handler
def break_down(text="broken on purpose"):
    raise RuntimeError(text)


@troupe.handler
def leave():
    troupe.context.stop()


@troupe.handler
def exit():
    sys.exit()


@troupe.handler
def spin():
    note("spinning")
    while True:
        pass


@troupe.handler
def hold(descriptor):
    """Stays in this handler until there is a byte to read."""
    note("holding")
    os.read(descriptor, 1)
