# SPDX-License-Identifier: Apache-2.0
"""Where the coroutines of an interpreter's actors are suspended, for people.

Called by a thread of its own, for `troupe tree`, while the actors go on: what it
finds is as of a moment ago.
"""

import asyncio
import os

_Stack = list[tuple[str, str, int]]  # file, function, line
_TASKS = 10  # of an actor; the others are counted
_ALL_TASKS = 100  # of an interpreter
_FRAMES = 20  # of a task
_OUR_FILES = os.path.dirname(__file__) + os.sep
# Of coroutines, generators, async generators: the frame, what it awaits.
_LINKS = (
    ("cr_frame", "cr_await"),
    ("gi_frame", "gi_yieldfrom"),
    ("ag_frame", "ag_await"),
)


def stacks(
    loops: "dict[int, asyncio.AbstractEventLoop]",
) -> "list[tuple[int, list[_Stack], int]]":
    """[(an actor's id, the stacks of its tasks, how many tasks there are more)]

    A stack is a list of (file, function, line), innermost first.
    """
    found = []
    left = _ALL_TASKS
    for actor, loop in list(loops.items()):
        tasks = [each for each in asyncio.all_tasks(loop) if not _runs(each)]
        tasks.sort(key=lambda task: task.get_name())
        some = tasks[: min(_TASKS, left)]
        left -= len(some)
        shown = [stack for task in some if (stack := _frames(task.get_coro()))]
        found.append((actor, shown, len(tasks) - len(some)))
    return found


def _runs(task: "asyncio.Task[object]") -> bool:
    return bool(getattr(task.get_coro(), "cr_running", False))


def _frames(awaited: object) -> _Stack:
    frames: _Stack = []
    while awaited is not None and len(frames) < _FRAMES:
        for frame_name, next_name in _LINKS:
            frame = getattr(awaited, frame_name, None)
            if frame is not None:
                break
        else:
            break
        code = frame.f_code
        if not code.co_filename.startswith(_OUR_FILES):
            frames.append((code.co_filename, code.co_qualname, frame.f_lineno or 0))
        awaited = getattr(awaited, next_name)
    return frames[::-1]
