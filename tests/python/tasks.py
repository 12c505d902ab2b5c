# SPDX-License-Identifier: Apache-2.0
"""Functions for the workers of executors and pools to import."""

import os
import threading

kept = None


def square(n):
    return n * n


def add(a, b=0):
    return a + b


def fail(text):
    raise ValueError(text)


class OddError(Exception):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.first, self.second = first, second


def fail_oddly():
    raise OddError(1, 2)


def hold(descriptor):
    """Until the test writes a byte."""
    os.read(descriptor, 1)
    return "let go"


def announce_and_hold(announced, descriptor):
    os.write(announced, b"x")
    return hold(descriptor)


def keep(value):
    global kept
    kept = value


def what_is_kept():
    return kept


def fail_to_begin():
    raise OSError("no beginning")


def place():
    """What tells one worker from another."""
    return id(__builtins__), threading.get_native_id()


def end_worker():
    import troupe

    troupe.context.self.kill()
    while True:
        pass


def unshareable():
    return threading.Lock()


def submit_within(n):
    import troupe

    with troupe.ActorPoolExecutor(1) as executor:
        return executor.submit(square, n).result()


def exit_here():
    raise SystemExit(3)


_calls = 0


def count_calls():
    """How often it was called in this interpreter."""
    global _calls
    _calls += 1
    return _calls


def finish_all(items, count):
    for _ in range(count):
        items.get()
        items.task_done()
