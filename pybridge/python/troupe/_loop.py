# SPDX-License-Identifier: Apache-2.0
"""The asyncio event loop of one actor, driven by the actor's turns.

Asyncio's own loop sleeps in its selector. This one never does: what it would
sleep for is watched by Troupe's scheduler (its epoll descriptor, its next
timer, calls from other threads), which then gives the actor a turn, and the
turn drives the loop. So a loop needs no thread, may be driven by another thread
each time, and costs nothing while it has nothing to do.

A kill or a time limit raises an exception wherever Python code of the actor is.
In here it would lose what is to be woken, so the core holds it back, but for
what is run by Waker.call() and Waker.run().

Imported when an actor's first `async def` handler runs.
"""

import asyncio
import heapq
import selectors
import sys
from asyncio import _set_running_loop
from threading import get_ident
from weakref import WeakKeyDictionary

from troupe import _core
from troupe.errors import ActorKilled, HandlerTimeout

_SHARE = 256  # callbacks a turn
_PATIENCE = 5.0  # seconds for what was cancelled
_NEVER = float("inf")
# Between the steps of their coroutines, where an exception would lose them.
_CALLED_BY_TASKS = "call_soon", "get_debug", "is_running", "call_exception_handler"
_loops = {}  # id of an actor -> its loop, while that is open


def suspended():
    """See _suspended.stacks(). Any thread."""
    from troupe._suspended import stacks

    return stacks(_loops)


class _NoDescriptors:
    """The selector of a loop that has watched no descriptor so far: most only
    sleep and wait for answers, and an epoll each would be a descriptor each."""

    def __init__(self, loop, waker):
        self._loop, self._waker = loop, waker

    def register(self, *args):
        real = _Epoll(self._waker)
        self._loop._selector = real
        return real.register(*args)

    def get_map(self):
        return {}

    def select(self, timeout=None):
        return []

    def close(self):
        pass


class _Epoll(selectors.EpollSelector):
    """Watched by the scheduler while nothing is readable."""

    def __init__(self, waker):
        super().__init__()
        self._waker = waker
        waker.watch(self.fileno())
        waker.arm()

    def select(self, timeout=None):
        events = super().select(0)
        if not events:
            self._waker.arm()
        return events


class _Limit(asyncio.Timeout):
    """The handler's own. It bounds no wait as the handler's timeouts do."""


class ActorLoop(asyncio.SelectorEventLoop):
    """See the module. All but call_soon_threadsafe() is for the actor's turns."""

    def __init__(self):
        self._waker = waker = _core.Waker()
        super().__init__(_NoDescriptors(self, waker))
        self.time = waker.time
        self._write_to_self = waker.wake
        for name in _CALLED_BY_TASKS:
            setattr(self, name, waker.sheltered(getattr(self, name)))
        self._armed_for = _NEVER
        self._place = None  # of the troupe.Futures that are awaited
        self._agen_hooks = self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook
        self._timeouts = WeakKeyDictionary()  # of tasks: the timers of asyncio.timeout
        self._hurried = None
        self._actor = _core.current().id
        _loops[self._actor] = self
        self.finished = []  # tasks of handlers, for whoever called start()

    # What the actor's turns call.

    def start(self, coroutine):
        """Runs the handler until it first suspends, and what that made ready."""
        self._enter()
        try:
            make = self._waker.call
            task = make(asyncio.Task, coroutine, loop=self, eager_start=True)
            if self._ready:
                self._run()
        finally:
            self._leave()
            self._set_timer()
        if not task.done():
            task.add_done_callback(self.finished.append)
        return task

    async def limited(self, coroutine, seconds):
        """For an actor with a time limit: cancels the handler, if it is suspended
        when that has passed."""
        limit = _Limit(self.time() + seconds)
        try:
            async with limit:
                return await coroutine
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise HandlerTimeout(
                "the handler awaited something beyond its actor's time_limit"
            ) from error
        finally:
            coroutine.close()  # it may not have begun

    def drive(self):
        """A turn's share of whatever is ready."""
        self._waker.take()
        self._enter()
        try:
            if self._place is not None:
                self._place.run()
            self._run()
        finally:
            self._leave()
            self._set_timer()

    async def ending(self, tasks, drain, stopping, reason):
        """Ends the handlers that run as `tasks`, then stopping(), then all else."""
        if drain and tasks:
            await self._drain(tasks)
            tasks = [task for task in tasks if not task.done()]
        for task in tasks:
            task.cancel()
        await self._wait_for(tasks, _PATIENCE)
        try:
            if callable(stopping):
                stopping = stopping(reason)
            if hasattr(stopping, "__await__"):
                await stopping
        finally:
            others = asyncio.all_tasks(self) - {asyncio.current_task(self)}
            for task in others:
                task.cancel()
            await self._wait_for(others, _PATIENCE)
            await self.shutdown_asyncgens()
            await self.shutdown_default_executor(_PATIENCE)

    async def _drain(self, tasks):
        self._hurried = self.create_future()
        done = self.create_task(asyncio.wait(tasks))
        await asyncio.wait([done, self._hurried], return_when=asyncio.FIRST_COMPLETED)
        done.cancel()

    def hurry(self):
        """What the actor's end drains is cancelled after all."""
        if self._hurried is not None and not self._hurried.done():
            self._hurried.set_result(None)

    async def _wait_for(self, tasks, timeout):
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=timeout)
            for task in left:
                sys.stderr.write(
                    f"troupe: {task!r} goes on {timeout:g} s after its actor "
                    "was stopped; it is left behind\n"
                )

    def abandon(self):
        """The actor has ended. What it was killed in can't be waited for."""
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False
        self.close()

    def close(self):
        _loops.pop(self._actor, None)
        self._waker.close()
        for name in _CALLED_BY_TASKS:
            vars(self).pop(name, None)
        super().close()

    def future_place(self):
        """Where troupe._futures announces the futures that are awaited here."""
        if self._place is None:
            from troupe import _futures

            self._place = _futures._Place(loop=self._waker)
        return self._place

    def note_await(self, future):
        """The current task is about to await a troupe.Future: DeadlockError if
        that would never be done. A number for _core.end_await(), or 0: only of
        a handler's own task, and without an asyncio.timeout() in it, is it
        known that nothing else can end its wait."""
        task = asyncio.current_task(self)
        if task is None or (self._timeouts and self._is_bounded(task)):
            return 0
        return _core.begin_await(task, future)

    def _is_bounded(self, task):
        return any(
            timer._scheduled and not timer._cancelled
            for timer in self._timeouts.get(task, ())
        )

    def _note_timeout(self, task, timer):
        if not self._is_bounded(task):
            self._timeouts[task] = []
        self._timeouts[task].append(timer)

    # The loop proper.

    def _enter(self):
        if self._thread_id is not None:
            raise RuntimeError(f"{self!r} is running already")
        self._thread_id = get_ident()
        if self._debug:
            self._set_coroutine_origin_tracking(True)
        self._old_agen_hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(*self._agen_hooks)
        _set_running_loop(self)

    def _leave(self):
        _set_running_loop(None)
        sys.set_asyncgen_hooks(*self._old_agen_hooks)
        self._set_coroutine_origin_tracking(False)
        self._thread_id = None

    def _run(self):
        ready, waker = self._ready, self._waker
        run_once = self._run_debugged if self._debug else self._run_ready
        share = _SHARE
        while True:
            if waker.readable():
                self._process_events(self._selector.select())
            if self._scheduled:
                self._take_due()
            if not ready:
                break
            if share <= 0:
                waker.wake_later()
                break
            share -= len(ready)
            run_once()
            if waker.killed():
                break

    def _run_ready(self):
        ready, run, killed = self._ready, self._waker.run, self._waker.killed
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                try:
                    run(handle)
                except SystemExit:
                    _core.context.stop()
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    self._tell_of(handle, error)
                if killed():
                    break

    def _run_debugged(self):
        self._waker.call(self._run_once)

    def _tell_of(self, handle, error):
        what = {"message": f"Exception in {handle!r}", "exception": error}
        self.call_exception_handler(what | {"handle": handle})

    def _take_due(self):
        scheduled, ready = self._scheduled, self._ready
        now = self.time()
        if now >= self._armed_for:
            self._armed_for = _NEVER
        end = now + self._clock_resolution
        while scheduled and (scheduled[0]._cancelled or scheduled[0]._when < end):
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            if handle._cancelled:
                self._timer_cancelled_count -= 1
            else:
                ready.append(handle)
        if self._timer_cancelled_count > 100:
            self._forget_cancelled()

    def _forget_cancelled(self):
        if self._timer_cancelled_count * 2 > len(self._scheduled):
            for handle in self._scheduled:
                handle._scheduled = not handle._cancelled
            left = [handle for handle in self._scheduled if not handle._cancelled]
            heapq.heapify(left)
            self._scheduled[:] = left
            self._timer_cancelled_count = 0

    def _set_timer(self):
        # A timer that was set for something since cancelled stays: it is
        # cheaper to wake once for nothing than to reset one for each request.
        if self._scheduled:
            when = self._scheduled[0]._when
            if when < self._armed_for:
                self._waker.set_timer(when - self.time())
                self._armed_for = when

    def call_at(self, when, callback, *args, context=None):
        timer = super().call_at(when, callback, *args, context=context)
        timeout = getattr(callback, "__self__", None)
        if type(timeout) is asyncio.Timeout and timeout._task is not None:
            self._note_timeout(timeout._task, timer)
        if self._thread_id is None:  # in a plain handler
            self._set_timer()
        return timer

    def call_exception_handler(self, context):
        # These end the actor, and say so elsewhere.
        if not isinstance(context.get("exception"), (SystemExit, ActorKilled)):
            super().call_exception_handler(context)

    # What an actor's loop has no need of, or can't do.

    def _make_self_pipe(self):
        self._ssock = self._csock = None

    def _close_self_pipe(self):
        pass

    def run_forever(self):
        raise RuntimeError(
            "an actor's event loop is run by the actor's turns; "
            "await what you wait for"
        )

    def run_until_complete(self, future):
        if asyncio.iscoroutine(future):
            future.close()
        self.run_forever()

    def stop(self):
        raise RuntimeError(
            "an actor's event loop ends with its actor: troupe.context.stop()"
        )

    def add_signal_handler(self, sig, callback, *args):
        raise RuntimeError("signals belong to the process: handle them in main")
