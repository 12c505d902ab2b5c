# SPDX-License-Identifier: Apache-2.0
"""What a type checker is to make of a program that uses Troupe.

Never run: tools/types checks it. assert_type() fails there when the type is
another one; a `type: ignore` fails when there is no such error.
"""

import asyncio
from typing import Any, assert_type

import troupe


class Counter:
    def __init__(self, start: int = 0) -> None:
        self.total = start

    @troupe.handler
    def add(self, n: int) -> int:
        self.total += n
        return self.total

    @troupe.handler
    async def slowly(self) -> None:
        await asyncio.sleep(1)

    @troupe.handler
    @staticmethod
    def version() -> str:
        return "1"


def handlers_keep_their_types(counter: Counter) -> None:
    assert_type(counter.add(1), int)
    counter.add("one")  # type: ignore[arg-type]


def spawning(system: troupe.System) -> None:
    assert_type(system.spawn(Counter, 1, name="counter"), troupe.Ref[Counter])
    assert_type(system.spawn("counter", home="main"), troupe.Ref[Any])
    assert_type(system.spawn("counter", start=1, mailbox=5), troupe.Ref[Any])
    system.spawn(Counter, home=troupe.shared("light"))
    system.spawn(7)  # type: ignore[call-overload]
    system.spawn("counter", mailbox="small")  # type: ignore[call-overload]


def messages(counter: troupe.Ref[Counter]) -> None:
    counter.tell(("any", "message"))
    counter.tell.add(1)
    future = counter.ask.add(1)
    assert_type(future, troupe.Future[Any])
    total: int = future.result(timeout=5)
    assert_type(future.exception(), BaseException | None)
    assert_type(future.done() or future.cancel() or future.cancelled(), bool)
    future.add_done_callback(lambda done: print(done.result(), total))
    counter.tell()  # type: ignore[call-overload]


async def awaiting(counter: troupe.Ref[Counter]) -> int:
    one: troupe.Future[int] = counter.ask.add(1)
    assert_type(await one, int)
    two: list[int] = await asyncio.gather(*(counter.ask.add(n) for n in range(2)))
    return sum(two)


def several(one: troupe.Future[int], two: troupe.Future[int]) -> None:
    done, not_done = troupe.wait([one, two], 5, troupe.FIRST_COMPLETED)
    assert_type(done | not_done, set[troupe.Future[int]])
    for future in troupe.as_completed({one, two}, timeout=5):
        assert_type(future.result(), int)
    numbers: list[int] = troupe.gather(one, two, return_exceptions=False)
    print(numbers)
    troupe.wait(one)  # type: ignore[arg-type]


def others_answer(counter: troupe.Ref[Counter], one: troupe.Future[int]) -> None:
    troupe.context.forward(counter)
    troupe.context.forward(counter.tell.add, 1)
    reply = troupe.context.reply_later()
    assert_type(reply, troupe.Reply)
    reply.answer(1)
    reply.fail(ValueError())
    assert_type(reply.wanted, bool)
    one.pipe_to(counter.tell.add, on_error=counter.tell)
    one.pipe_to(counter)  # type: ignore[arg-type]


def refs(counter: troupe.Ref[Counter]) -> None:
    assert_type((counter.name, counter.id, counter.alive), tuple[str, int, bool])
    counter.stop(drain=True)
    counter.kill()
    assert_type(counter.join(timeout=5), bool)
    assert_type({counter: 1}, dict[troupe.Ref[Counter], int])
    assert_type(counter.options(timeout=None), troupe.Ref[Counter])
    counter.name = "other"  # type: ignore[misc]
    troupe.Ref[Counter]


def systems() -> None:
    with troupe.System(workers=2) as system:
        assert_type(system, troupe.System)
    assert_type(system.ask_timeout, float | None)
    system.ask_timeout = 2.5
    assert_type(system.shutdown(timeout=1.5), troupe.ShutdownReport)
    assert_type(system.wait_quiet(), bool)
    assert_type(system.actors(), list[troupe.Ref[Any]])
    assert_type(system.lookup("counter"), troupe.Ref[Any] | None)
    assert_type(system.dead_letters(), dict[str, int])
    assert_type(system.stats(), dict[str, int])


def context() -> None:
    assert_type(troupe.context.self, troupe.Ref[Any])
    assert_type(troupe.context.sender, troupe.Ref[Any] | None)
    assert_type(troupe.context.system, troupe.System)
    assert_type(troupe.context.spawn(Counter), troupe.Ref[Counter])
    troupe.context.stop()


def blobs(blob: troupe.Blob) -> None:
    assert_type(blob[0], int)
    assert_type(blob[1:], troupe.Blob)
    assert_type(bytes(blob), bytes)
    assert_type(list(blob), list[int])
    troupe.Blob(b"bytes")
    troupe.Blob.open("/etc/hostname")
    troupe.Blob("text")  # type: ignore[arg-type]


def errors(error: troupe.RemoteError) -> None:
    assert_type((error.type_name, error.text, error.traceback), tuple[str, str, str])
    timeout: TimeoutError = troupe.AskTimeout()
    raise timeout
