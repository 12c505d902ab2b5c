# SPDX-License-Identifier: Apache-2.0
"""What an executor has but its user doesn't hold: the channel of tasks, that of
results, the workers, and a thread that gives the futures their results.

So an executor that is let go of without shutdown() still does its tasks.
"""

import os
import sys
import threading
from concurrent.futures import _base

from troupe import _core, _running
from troupe._shipping import BY_VALUE
from troupe._task_future import TaskFuture
from troupe._worker import FarWorker, Worker
from troupe.errors import SpawnError

_LOOK = 0  # the tag of a note that merely wakes the thread
_ENDED = 1 << 62  # from here on, tags stand for workers that have ended
_DONE = 1 << 63  # and from here on, for those that have run as many tasks as they may
_PATIENCE = 10.0  # seconds, for workers to end


class BrokenActorPool(_base.BrokenExecutor):
    """A worker of an ActorPoolExecutor has ended, or could not start.

    What was submitted and isn't done has this exception; so has what is
    submitted from then on.
    """


class Crew:
    def __init__(self, most, name, begin, home, system, most_tasks=0):
        self._most, self._name, self._begin, self._home = most, name, begin, home
        self._most_tasks = most_tasks  # of a worker; 0: no limit
        _refuse_while_main_is_loaded()
        self._system, self._owns_system = system, False
        if system is None:
            self._system, self._owns_system = _system_here()
        _refuse_stepped(self._system)
        self._tasks = _core.Channel()
        self._results = _core.Channel()
        self._lock = threading.RLock()
        # Guarded by the lock.
        self._pending = {}  # tag -> future
        self._workers = {}  # number -> ref
        self._retired = {}  # those that get no more tasks, and have not ended
        self._last_worker = -1
        self._last_tag = 0
        self._closing = False
        self._broken = None
        self._cause = None  # what an initializer has raised
        self._hiring = None  # a thread
        self._thread = None
        self._closer = None

    # For the executor.

    def submit(self, function, args, kwargs):
        with self._lock:
            if self._closing or self._broken is not None or _exiting:
                self._refuse()
            self._last_tag = tag = self._last_tag + 1
            future = TaskFuture(self, tag)
            self._pending[tag] = future
            try:
                self._tasks.submit(tag, function, args, kwargs, BY_VALUE)
            except Exception as error:
                del self._pending[tag]
                future.finish(None, error)
            except BaseException:
                del self._pending[tag]
                raise
            if len(self._workers) < self._most:
                self._hire()
        return future

    def _refuse(self):
        if self._broken is not None:
            raise BrokenActorPool(self._broken) from self._cause
        when = "shutdown" if self._closing else "interpreter shutdown"
        raise RuntimeError(f"cannot schedule new futures after {when}")

    def close(self):
        """Nothing more is submitted. May be called by the garbage collector."""
        self._closing = True
        self._results.note(_LOOK)

    # For the futures.

    def holds(self, tag):
        """Whether no worker has taken it."""
        return self._tasks.holds(tag)

    def withdraw(self, tag):
        """True: no worker will ever take it."""
        if not self._tasks.withdraw(tag):
            return False
        del self._pending[tag]
        if self._closing:
            self._results.note(_LOOK)
        return True

    def cancel_all(self):
        with self._lock:
            futures = list(self._pending.values())
        for future in futures:
            future.cancel()

    def close_after(self, threads):
        """As close(), when these threads have submitted the rest."""
        threads = [each for each in threads if each.is_alive()]
        if not threads:
            self.close()
            return

        def wait():
            for each in threads:
                each.join()
            self.close()

        self._closer = threading.Thread(target=wait, name=f"{self._name}-close")
        self._closer.start()

    def terminate(self, why):
        """What isn't done never will be."""
        with self._lock:
            self._closing = True
            if self._broken is None and self._pending:
                self._broken = why
        self._results.note(_LOOK)

    def join(self):
        if self._closer is not None:
            self._closer.join()
        if self._thread is not None:
            self._thread.join()
        elif self._owns_system:
            self._system.shutdown()

    # Workers are started by a thread that ends when there are enough of them.

    def _hire(self):
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name)
            self._thread.start()
            _crews.add(self)
        if self._hiring is None and len(self._pending) > len(self._workers):
            self._hiring = threading.Thread(
                target=self._start_workers, name=f"{self._name}-start"
            )
            self._hiring.start()

    def _start_workers(self):
        while True:
            with self._lock:
                enough = len(self._workers) >= min(self._most, len(self._pending))
                if enough or self._broken is not None:
                    self._hiring = None
                    break
                self._last_worker = number = self._last_worker + 1
            try:
                self._start_worker(number)
            except BaseException as error:
                self._broken_by(error)
        self._results.note(_LOOK)

    def _start_worker(self, number):
        far = self._home.startswith("process")
        what = (FarWorker, self._begin)
        if not far:
            channels = self._tasks, self._results
            what = (Worker, *channels, self._begin, self._most_tasks, _DONE + number)
        worker = self._system.spawn(
            *what,
            name=f"{self._name}_{number}",
            home=self._home,
            dedicated=self._home == "own",
        )
        with self._lock:
            self._workers[number] = worker
        self._results.watch(worker, _ENDED + number)
        if far:
            self._tasks.relay(self._results, worker, "call")
        else:
            worker.tell.work()

    def _broken_by(self, error):
        cause = error.__cause__
        if isinstance(error, SpawnError) and cause is not None:
            _base.LOGGER.critical("Exception in initializer:", exc_info=cause)
            why = "A worker could not start: its initializer, or its import, failed"
        else:
            why = f"A worker could not start: {error}"
        with self._lock:
            self._broken, self._cause = why, cause

    # The thread.

    def _run(self):
        while not self._is_over():
            self._give(self._results.get_all())
        self._end()

    def _give(self, outcomes):
        pending = self._pending
        outcomes.reverse()
        while outcomes:
            tag, kind, value = outcomes.pop()
            future = pending.pop(tag, None)
            if future is None:
                if tag >= _DONE:
                    self._retire(tag - _DONE)
                elif tag >= _ENDED:
                    self._worker_ended(tag - _ENDED)
            elif kind == 0:
                future.finish(value, None)
            else:
                future.finish(None, value)
            future = value = None

    def _retire(self, number):
        with self._lock:
            worker = self._retired[number] = self._workers.pop(number)
            self._hire()
        worker.stop()

    def _worker_ended(self, number):
        with self._lock:
            if self._retired.pop(number, None) is not None or self._broken is not None:
                return
            worker = self._workers[number]
            self._broken = (
                f"A worker, '{worker.name}', has ended ({worker.reason}); "
                "the executor is not usable anymore"
            )

    def _is_over(self):
        with self._lock:
            if self._hiring is not None:
                return False
            if self._broken is not None:
                return True
            return self._closing and not self._pending

    def _end(self):
        with self._lock:
            self._closing = True
            pending, self._pending = self._pending, {}
        self._tasks.withdraw_all()
        for future in pending.values():
            error = BrokenActorPool(self._broken)
            error.__cause__ = self._cause
            future.finish(None, error)
        for worker in self._workers.values():
            worker.kill() if pending else worker.stop(drain=True)
        for worker in (*self._workers.values(), *self._retired.values()):
            worker.join(_PATIENCE)
        self._tasks.close()
        if self._owns_system:
            self._system.shutdown()
        _crews.discard(self)


def limit_of_tasks(name, given, home):
    """The limit of a worker's tasks, 0 for none, of what a user gives as `name`."""
    if given is None:
        return 0
    if not isinstance(given, int):
        raise TypeError(f"{name} must be an integer or None, not {given!r}")
    if given < 1:
        raise ValueError(f"{name} must be >= 1, not {given}")
    if home not in ("own", "process"):
        raise ValueError(
            f"{name} needs workers with interpreters of their own, which go with "
            f'them: home="own", not "{home}"'
        )
    return given


def cores():
    """How many workers there are if nobody says how many."""
    return len(os.sched_getaffinity(0))


def _system_here():
    """The system of whoever makes an executor, and whether it is the executor's."""
    if _core.current() is not None:
        return _core.context.system, False
    if _running.system is not None:
        return _running.system, False
    if not _core.in_main_interpreter():
        raise RuntimeError(
            "a thread of an actor's has to say whose workers it wants: "
            "ActorPoolExecutor(system=troupe.context.system), as of a handler"
        )
    # The workers have threads of their own, and futures say what goes wrong.
    return _core.System(workers=1, dead_letter_log=False), True


def _refuse_while_main_is_loaded():
    """A worker runs the program's file to find a class of __main__. If that made
    executors, their workers would do the same, and so on."""
    frame = None if _core.in_main_interpreter() else sys._getframe()
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if name == "__mp_main__" and frame.f_code.co_name == "<module>":
            raise RuntimeError(
                "the program's file is being run in a worker, for a class that it "
                "defines; guard what starts workers with `if __name__ == "
                '"__main__":`, or put the class into a module'
            )
        frame = frame.f_back


def _refuse_stepped(system):
    try:
        _core.TestKit(system)
    except TypeError:
        return
    raise TypeError(
        "the workers of an executor can't be actors of a TestSystem, which run "
        "only when the test waits for them: give it another system"
    )


# As in the executors of Python: what is submitted is done before the end.

_exiting = False
_crews: "set[Crew]" = set()


def _at_exit():
    global _exiting
    _exiting = True
    crews = list(_crews)
    for crew in crews:
        crew.close()
    for crew in crews:
        crew.join()


threading._register_atexit(_at_exit)
