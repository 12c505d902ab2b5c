# SPDX-License-Identifier: Apache-2.0
"""The actor that runs the tasks of an executor.

Tasks wait in one channel, and each worker takes the next one when it is done
with the last: so none waits behind a slow one, and nobody hands out anything.
The loop itself is in C++ (task_loop.cpp); a worker that has found the channel
empty holds no thread, and is called again when there is a task.

This runs in the workers' interpreters, so it imports little.
"""

from troupe._actor import handler
from troupe._core import context

BEFORE = "_troupe_results_before"  # an attribute of such an exception
_TURN = 0.01  # seconds, before others of a shared home have theirs


class Worker:
    """most: how many tasks it runs, after which it puts `when_done` into the
    results and waits to be stopped; 0: no limit."""

    def __init__(self, tasks, results, begin, most, when_done):
        self._tasks, self._results = tasks, results
        self._most, self._when_done, self._ran = most, when_done, 0
        if begin is not None:
            initializer, arguments = begin.open()
            initializer(*arguments)

    @handler
    def work(self):
        left = self._most - self._ran if self._most else 0
        goes_on, ran = self._tasks.run(self._results, "work", _TURN, left)
        self._ran += ran
        if self._most and self._ran == self._most:
            self._results.note(self._when_done)
        elif goes_on:
            context.self.tell.work()


class FarWorker:
    """The same in another process, where the channels can't be: each task is a
    message."""

    def __init__(self, begin):
        if begin is not None:
            initializer, arguments = begin.open()
            initializer(*arguments)

    @handler
    def call(self, function, /, *args, **kwargs):
        try:
            return function(*args, **kwargs)
        except SystemExit as error:  # ends the task and not the worker
            context.reply_later().fail(error)


def run_chunk(function, chunk):
    """The results of function(*arguments) for each. An exception takes those
    before it along."""
    results = []
    try:
        for arguments in chunk:
            results.append(function(*arguments))
    except Exception as error:
        error.__dict__[BEFORE] = results
        raise
    return results


def run_calls(function, chunk):
    """As run_chunk(), for function(item)."""
    results = []
    try:
        for item in chunk:
            results.append(function(item))
    except Exception as error:
        error.__dict__[BEFORE] = results
        raise
    return results
