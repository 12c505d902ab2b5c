# SPDX-License-Identifier: Apache-2.0
"""A System that a test steps through."""

from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from troupe._core import System, TestKit
from troupe.testing._faults import Faults
from troupe.testing._messages import TraceEntry, message_of
from troupe.testing._probe import Probe

T = TypeVar("T")

_SHOWN = 40  # entries of the trace, with a failure


class TestSystem(System):
    """A System in which nothing runs by itself, and time is virtual.

    What waits in the test, such as future.result(), makes it run, until what is
    waited for is there; step(), run() and advance() do so too. Which of the
    actors that have something to do goes on, and when, is drawn from `seed`: the
    same seed gives the same order.

    Time stands still while anything can go on. Then it jumps to the next timer,
    if the test waits for something: a timeout of an hour takes no time. A wait
    that nothing can end any more is a DeadlockError, not a hang.

    fresh: whether each actor with a home of its own gets a new interpreter.
        Otherwise they are used again: with the modules of the program loaded
        anew, but the standard library and installed packages as they were left.
    ask_timeout: as for System().
    turn_limit: a wait in the test that takes more turns is an AssertionError.

    >>> with TestSystem(seed=3) as system:
    ...     clock = system.spawn("clock")
    ...     system.advance(60)
    ...     clock.ask.minutes().result()
    1
    """

    __test__ = False  # pytest: it isn't a test

    _kit: TestKit
    _seed: int

    def __new__(
        cls,
        seed: int = 0,
        *,
        fresh: bool = False,
        ask_timeout: float | None = 60.0,
        turn_limit: int = 1_000_000,
    ) -> Self:
        if not isinstance(seed, int) or not 0 <= seed < 2**64:
            raise ValueError(f"TestSystem(seed={seed!r}): a number, 0 to 2**64 - 1")
        self = TestKit.make_system(cls, seed, fresh, ask_timeout, turn_limit)
        self._seed = seed
        self._kit = TestKit(self)
        return self

    @property
    def seed(self) -> int:
        return self._seed

    @property
    def now(self) -> float:
        """Seconds since the system was made, in its own time."""
        return self._kit.now()

    def step(self) -> bool:
        """Lets one actor handle one message, or go on after it has waited.

        False: there is nothing to do at this time.
        """
        return self._kit.step()

    def run(self) -> None:
        """Steps until there is nothing to do. Time doesn't move."""
        self._kit.run()

    def advance(self, seconds: float) -> None:
        """Moves time on; timers and timeouts on the way happen, each at its time."""
        self._kit.advance(seconds)

    def run_async(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine of the test to its end, and returns its result.

        What it awaits makes the system run, as future.result() does; its
        asyncio.sleep() is in the system's time. In asyncio.run() a TestSystem
        stands still.

        >>> async def test():
        ...     return await shop.ask.price("bread")
        >>> system.run_async(test())
        4
        """
        import asyncio

        from troupe.testing._loop import StepLoop

        with asyncio.Runner(loop_factory=lambda: StepLoop(self._kit)) as runner:
            return runner.run(coroutine)

    def probe(self, name: str | None = None) -> Probe:
        """An actor that the test plays."""
        return Probe(self, name)

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return Faults(self._kit)

    @property
    def trace(self) -> list[TraceEntry]:
        """What the actors have done so far: the latest 10,000 entries."""
        return [_entry(*each) for each in self._kit.trace()]

    def format_trace(self, last: int | None = None) -> str:
        """The trace, or the last lines of it, and who waits for whom."""
        entries = self.trace
        shown = entries if last is None else entries[-last:]
        lines = [f"TestSystem(seed={self._seed}), {len(entries)} entries:"]
        if len(shown) < len(entries):
            lines.append("      ...")
        lines += [str(entry) for entry in shown]
        lines += self._kit.who_waits().splitlines()
        return "\n".join(lines)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> Literal[False]:
        if error is not None:
            error.add_note(self.format_trace(_SHOWN))
        return super().__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"<troupe.testing.TestSystem, seed {self._seed}, {self.now:g} s>"

    def _now(self) -> float:  # of a Probe's clock
        return self._kit.now()


def _entry(
    time: float, actor: str, what: str, sender: str, arguments: Any
) -> TraceEntry:
    message = None
    if arguments is not None:
        handler = what.removeprefix("lost: ")
        named = None if handler == "receive" else handler
        message = message_of(named, arguments)
    return TraceEntry(time, actor, what, sender or None, message)
