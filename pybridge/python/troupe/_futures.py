# SPDX-License-Identifier: Apache-2.0
"""Callbacks of futures, and awaiting them in asyncio.

A port (troupe._core.Port) announces futures that are done by their tokens; here
a token finds what waits for it. There is one port for each asyncio loop, one
for each actor, and one for the threads of the main interpreter.
"""

import sys
from itertools import count

from troupe import _core

_tokens = count(1)
_loop_places = None  # asyncio loop -> _Place; made when asyncio is in use
_actor_places: dict = {}  # id of an actor -> _Place
_thread_place = None


class _Place:
    def __init__(self, **where):
        self.port = _core.Port(**where)
        self.waiting = {}  # token -> function

    def watch(self, future, function):
        token = next(_tokens)
        self.waiting[token] = function
        self.port.watch(future, token)
        return token

    def run(self):
        for token in self.port.drain():
            function = self.waiting.pop(token, None)
            if function is not None:
                function()


def add_done_callback(future, function):
    """Future.add_done_callback(); see there."""

    def call():
        try:
            function(future)
        except Exception:
            _report(f"a done callback of {future!r} raised")

    if future.done():
        call()
    else:
        _place_here().watch(future, call)


def _place_here():
    actor = _core.current()
    if actor is None:
        return _place_of_threads()
    place = _actor_places.get(actor.id)
    if place is None:
        place = _actor_places[actor.id] = _Place(of_actor=True)
    return place


def run_actor_callbacks():
    """On a turn of the actor: its port has announced something."""
    place = _actor_places.get(_core.current().id)
    if place is not None:
        place.run()


def forget_actor(actor_id):
    """The actor has ended: nobody waits any more."""
    _actor_places.pop(actor_id, None)


def _place_of_threads():
    # One daemon thread of the main interpreter runs the callbacks of all
    # futures that were asked for outside of actors.
    global _thread_place
    if not _core.in_main_interpreter():
        raise RuntimeError(
            "add_done_callback() in an actor's interpreter must be called in "
            "the actor's own thread, that is, in a handler"
        )
    if _thread_place is None:
        import threading

        _thread_place = place = _Place()

        def serve():
            while True:
                place.port.wait()
                place.run()

        threading.Thread(target=serve, name="troupe-callbacks", daemon=True).start()
    return _thread_place


def wait_in_loop(future):
    """Future.__await__(): suspends the task, wakes it by the loop's own poll."""
    return _wait_in_loop(future).__await__()


async def _wait_in_loop(future):
    if not future.done():
        loop = _running_loop()
        waiter = loop.create_future()

        def wake():
            if not waiter.done():
                waiter.set_result(None)

        note = getattr(loop, "note_await", None)  # an actor's, see there
        noted = note(future) if note is not None else 0
        place = _place_of_loop(loop)
        token = place.watch(future, wake)
        try:
            await waiter
        except BaseException:
            place.waiting.pop(token, None)
            future.cancel()
            raise
        finally:
            if noted:
                _core.end_await(noted)
    if future.cancelled():
        raise sys.modules["asyncio"].CancelledError
    return future.result(0)


def _running_loop():
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        raise RuntimeError("a troupe.Future is awaited in an asyncio event loop")
    return asyncio.get_running_loop()


def _place_of_loop(loop):
    global _loop_places
    if hasattr(loop, "future_place"):  # an actor's: told on the actor's turn
        return loop.future_place()
    if _loop_places is None:
        from weakref import WeakKeyDictionary

        _loop_places = WeakKeyDictionary()
    place = _loop_places.get(loop)
    if place is None:
        place = _loop_places[loop] = _Place()
        loop.add_reader(place.port.fileno(), place.run)
    return place


def _report(text):
    import traceback

    sys.stderr.write(f"troupe: {text}\n{traceback.format_exc()}")
