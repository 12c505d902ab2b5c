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
    def __init__(self, tasks, results, begin):
        self._tasks, self._results = tasks, results
        if begin is not None:
            initializer, arguments = begin.open()
            initializer(*arguments)

    @handler
    def work(self):
        if self._tasks.run(self._results, "work", _TURN):
            context.self.tell.work()


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
