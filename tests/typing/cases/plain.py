# SPDX-License-Identifier: Apache-2.0
"""What every type checker knows, without a plugin.

A comment `# E: WORDS` says that mypy must report an error on that line, with
these words in it; on all other lines it must report nothing.
"""

import asyncio
from typing import Any, assert_type

import counter
import troupe
from shapes import Adding, Counter, Doubler, Subtracting


def asking(ref: troupe.Ref[Counter]) -> None:
    assert_type(ref.ask(Counter.add, 1), troupe.Future[int])
    assert_type(ref.ask(Counter.add, n=1), troupe.Future[int])
    assert_type(ref.ask(Counter.slowly, "text"), troupe.Future[str])
    assert_type(ref.ask(Counter.version), troupe.Future[str])
    assert_type(ref.ask(Counter.made, 1), troupe.Future[bytes])
    assert_type(ref.ask(("any", "message")), troupe.Future[Any])
    ref.ask(Counter.add, "one")  # E: "Ask"
    ref.ask(Counter.add, 1, 2)  # E: "Ask"
    ref.ask(Counter.add, m=1)  # E: "Ask"
    ref.ask(Doubler.double)  # (passes as a message; the plugin knows better)
    ref.ask()  # E: require at least one argument


def telling(ref: troupe.Ref[Counter]) -> None:
    ref.tell(Counter.add, 1)
    ref.tell(Counter.slowly, "text")
    ref.tell({"any": "message"})
    ref.tell(Counter.add, "one")  # E: "Tell"
    ref.tell(1, 2)  # E: No overload variant


def modules(ref: troupe.Ref[Any]) -> None:
    assert_type(ref.ask(counter.top, 3), troupe.Future[list[str]])
    assert_type(ref.ask(counter.top), troupe.Future[list[str]])
    assert_type(ref.ask(counter.slowly, "text"), troupe.Future[str])
    ref.tell(counter.add, 3)
    ref.ask(counter.top, "three")  # E: Ask


async def awaiting(ref: troupe.Ref[Counter]) -> None:
    assert_type(await ref.ask(Counter.add, 1), int)
    assert_type(ref.ask(Counter.add, 1).result(timeout=5), int)
    one, two = await asyncio.gather(
        ref.ask(Counter.add, 1), ref.ask(Counter.slowly, "text")
    )
    assert_type((one, two), tuple[int, str])
    text: str = await ref.ask(Counter.add, 1)  # E: "Ask"
    print(text)


def protocols(ref: troupe.Ref[Counter], doubler: troupe.Ref[Doubler]) -> None:
    adding: troupe.Ref[Adding] = ref
    assert_type(adding.ask(Adding.add, 1), troupe.Future[int])
    base: troupe.Ref[Counter] = doubler
    other: troupe.Ref[Subtracting] = ref  # E: expression has type "Ref[Counter]"
    narrow: troupe.Ref[Doubler] = ref  # E: expression has type "Ref[Counter]"
    print(base, other, narrow)


def spawning(system: troupe.System) -> None:
    assert_type(system.spawn(Counter, 1, name="counter"), troupe.Ref[Counter])
    named: troupe.Ref[Adding] = system.spawn("counter", home="main")
    system.spawn(Counter, mailbox="small")  # E: No overload variant
    system.spawn(7)  # E: No overload variant
    print(named)


def pools_and_routers(system: troupe.System, ref: troupe.Ref[Counter]) -> None:
    pool = system.pool(Counter, size=2)
    assert_type(pool.ask(Counter.add, 1), troupe.Future[int])
    router = system.router([ref], policy="broadcast")
    assert_type(router.ask(Counter.slowly, "a"), troupe.Future[str])
    router.tell(Counter.add, "one")  # E: "Tell"


def handlers_stay_functions(plain: Counter) -> None:
    assert_type(plain.add(1), int)
    plain.add("one")  # E: incompatible type "str"
    troupe.handler(3)  # E: "handler" cannot be "int"


def futures(first: troupe.Future[int]) -> None:
    wide: troupe.Future[object] = first
    narrow: troupe.Future[bool] = first  # E: expression has type "Future[int]"
    first.add_done_callback(lambda done: print(done.result() + 1))
    first.add_done_callback(lambda done: done.result().upper())  # E: "upper"
    print(wide, narrow)


def context() -> None:
    assert_type(troupe.context.self, troupe.Ref[Any])
    assert_type(troupe.context.sender, troupe.Ref[Any] | None)
    assert_type(troupe.context.system, troupe.System)
    assert_type(troupe.context.spawn(Counter), troupe.Ref[Counter])
    troupe.context.sender.tell(1)  # E: has no attribute "tell"
    troupe.context.nothing  # E: has no attribute "nothing"
