# SPDX-License-Identifier: Apache-2.0
"""The futures of troupe.ActorPoolExecutor."""

import threading
from concurrent.futures import _base

_PENDING = _base.PENDING


class TaskFuture(_base.Future):
    """A concurrent.futures.Future that is cheap, and knows whether its task has
    begun.

    Most of a Future's cost is its condition, which few are ever waited on by: so
    that, and the lists, are made when they are first asked for. A future that
    is done before then gets _DONE, which nobody waits on. Whoever finishes it
    decides that under the lock of _DONE, which whoever finds _DONE has to take.
    """

    def __init__(self, crew, tag):
        self._crew, self._tag = crew, tag
        self._state = _PENDING
        self._result = self._exception = None

    def __getattr__(self, name):
        make = _MAKERS.get(name)
        if make is None:
            raise AttributeError(
                f"'{type(self).__name__}' object has no attribute '{name}'"
            )
        return self.__dict__.setdefault(name, make())

    def finish(self, result, exception):
        """set_result() or set_exception()."""
        with _DONE:
            condition = self.__dict__.setdefault("_condition", _DONE)
            if condition is _DONE:
                self._result, self._exception = result, exception
                self._state = _base.FINISHED
                return
        if exception is None:
            self.set_result(result)
        else:
            self.set_exception(exception)

    def cancel(self):
        with self._condition:
            if self._state != _PENDING:
                return self.cancelled()
            if not self._crew.withdraw(self._tag):
                return False  # a worker has it
            self._state = _base.CANCELLED
            self._condition.notify_all()
        self._invoke_callbacks()
        self.set_running_or_notify_cancel()
        return True

    def running(self):
        with self._condition:
            return self._state == _PENDING and not self._crew.holds(self._tag)


_DONE = threading.Condition()
_MAKERS = {"_condition": threading.Condition, "_waiters": list, "_done_callbacks": list}
