# SPDX-License-Identifier: Apache-2.0
"""What mypy knows with troupe.mypy_plugin. (`# E:` is explained in plain.py.)"""

from typing import Any, TypeVar, assert_type

import counter
import troupe
from shapes import Adding, Counter, Crowd, Doubler, Subtracting


def asking(ref: troupe.Ref[Counter]) -> None:
    assert_type(ref.ask.add(1), troupe.Future[int])
    assert_type(ref.ask.add(n=1), troupe.Future[int])
    assert_type(ref.ask.slowly("text"), troupe.Future[str])
    assert_type(ref.ask.version(), troupe.Future[str])
    assert_type(ref.ask.made(1), troupe.Future[bytes])
    ref.ask.add("one")  # E: Argument 1 to "add" of "Counter"
    ref.ask.add()  # E: Missing positional argument "n"
    ref.ask.ad(1)  # E: "Counter" has no handler "ad"; maybe "add"?
    ref.ask.not_marked()  # E: "Counter" has no handler "not_marked"
    ref.ask.total()  # E: "Counter" has no handler "total"


def telling(ref: troupe.Ref[Counter]) -> None:
    assert_type(ref.tell.slowly("text"), None)
    ref.tell.add(1)
    ref.tell.add(1, 2)  # E: Too many arguments for "add" of "Counter"


def handlers_of_a_base_class_count(ref: troupe.Ref[Doubler]) -> None:
    assert_type(ref.ask.double(), troupe.Future[None])
    assert_type(ref.ask.add(1), troupe.Future[int])


def the_plain_form(ref: troupe.Ref[Counter]) -> None:
    assert_type(ref.ask(Counter.add, 1), troupe.Future[int])
    assert_type(ref.ask(Counter.version), troupe.Future[str])
    ref.ask(Counter.add)  # E: Missing
    ref.tell(Counter.slowly)  # E: Missing


def protocols(ref: troupe.Ref[Adding], other: troupe.Ref[Subtracting]) -> None:
    assert_type(ref.ask.add(1), troupe.Future[int])
    assert_type(other.ask.subtract(1), troupe.Future[int])
    other.ask.add(1)  # E: "Subtracting" has no handler "add"


SomeActor = TypeVar("SomeActor")
SomeCounter = TypeVar("SomeCounter", bound=Counter)


def unknown(
    ref: troupe.Ref[Any], some: troupe.Ref[SomeActor], known: troupe.Ref[SomeCounter]
) -> None:
    assert_type(ref.ask.anything(1, two=3), troupe.Future[Any])
    assert_type(some.ask.anything(1), troupe.Future[Any])
    assert_type(known.ask.add(1), troupe.Future[int])


def spawning(system: troupe.System) -> None:
    ref = system.spawn(Counter, 1, step=2, name="counter", home="main")
    assert_type(ref, troupe.Ref[Counter])
    assert_type(troupe.context.spawn(Counter), troupe.Ref[Counter])
    system.spawn(Counter, "one")  # E: No overload variant
    system.spawn(Counter, 1, 2)  # E: No overload variant
    system.spawn(Counter, stepp=2)  # E: No overload variant
    system.spawn(Counter, name=2)  # E: No overload variant
    troupe.context.spawn(Counter, "one")  # E: No overload variant
    system.spawn(Crowd, "Ada", "Bob", name="crowd", ada=36)
    system.spawn(Crowd, "Ada", ada="old")  # E: No overload variant
    system.spawn("counter", "any", thing=1)


def pools(system: troupe.System) -> None:
    pool = system.pool(Counter, 1, step=2, size=3, policy="sticky")
    assert_type(pool, troupe.ActorPool[Counter])
    assert_type(pool.ask.add(1), troupe.Future[int])
    system.pool(Counter, "one")  # E: No overload variant
    pool.tell.ad(1)  # E: "Counter" has no handler "ad"; maybe "add"?


def modules(system: troupe.System) -> None:
    system.spawn(counter, 1, name="counter").tell.add(1)
    system.spawn(counter, start=1)
    system.spawn(counter, "one")  # E: No overload variant


def children(system: troupe.System) -> None:
    child = troupe.Child(Counter, 1, step=2, name="counter", restart="transient")
    assert_type(child, troupe.Child)
    system.supervise(child, troupe.Child(counter, 1, home="main"))
    troupe.Child("counter", "any", thing=1)
    troupe.Child(Counter, "one")  # E: Argument 2 to "Child" has incompatible type
    troupe.Child(Counter, 1, 2)  # E: Too many positional arguments
    troupe.Child(Counter, stepp=2)  # E: Unexpected keyword argument "stepp"
    troupe.Child(Counter, name=2)  # E: Argument "name" to "Child"
    troupe.Child(Counter, restart="always")  # E: Argument "restart" to "Child"
    troupe.Child(Counter, mailbox="big")  # E: Argument "mailbox" to "Child"
    troupe.Child(counter, "one")  # E: Argument 2 to "Child" has incompatible type
