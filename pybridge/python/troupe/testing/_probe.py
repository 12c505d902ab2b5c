# SPDX-License-Identifier: Apache-2.0
"""Actors that a test plays."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from troupe import _core
from troupe._core import Ref, System
from troupe.testing._messages import describe, matches, message_of


class _Letter:
    def __init__(self, message: Any, sender: Ref[Any] | None, asker: Any) -> None:
        self.message = message
        self.sender = sender
        self.asker = asker  # None: it was told


class Down:
    """What a probe gets when an actor that it watches has ended."""

    def __init__(self, ref: Ref[Any], reason: str, words: str) -> None:
        self.ref = ref
        self.reason = reason
        self.words = words

    def __repr__(self) -> str:
        return f"<Down: {self.ref.name!r} {self.reason}>"


class Probe:
    """An actor of the test's own: others send to it, and the test looks.

    Works in any System: in a TestSystem its times are virtual, else they are
    real.

    >>> probe = Probe(system, "customer")
    >>> shop.tell.order("bread", probe.ref)
    >>> probe.expect(call.delivered("bread"))
    delivered('bread')
    """

    def __init__(self, system: System, name: str | None = None) -> None:
        self._core = _core.Probe(system, name or "")
        now = getattr(system, "_now", None)
        self._now: Callable[[], float] = now or time.monotonic
        self._letters: deque[_Letter] = deque()  # not expected yet
        self._downs: deque[Down] = deque()
        self._all: list[Any] = []
        self._last: _Letter | None = None

    @property
    def ref(self) -> Ref[Any]:
        """The Ref that others send to."""
        return self._core.ref

    @property
    def messages(self) -> list[Any]:
        """All messages so far, expected ones too, in order."""
        self._take_all()
        return list(self._all)

    @property
    def sender(self) -> Ref[Any] | None:
        """Who sent the message that was expected last; None: no actor."""
        return None if self._last is None else self._last.sender

    # What comes.

    def expect(self, expected: Any = ..., within: float = 1.0) -> Any:
        """The next message, which must come in time and be as expected.

        expected: `...` for any message; a type; a function that says whether it
            is right; or what it is equal to, such as call.add(1) for a message
            to a named handler.

        Returns the message. Raises AssertionError.
        """
        letter = self._next(self._now() + within)
        if letter is None:
            raise AssertionError(
                f"{self!r} got nothing within {within:g} s; expected "
                f"{describe(expected)}{self._so_far()}"
            )
        if not matches(expected, letter.message):
            raise AssertionError(
                f"{self!r} got {letter.message!r}; expected "
                f"{describe(expected)}{self._so_far()}"
            )
        self._last = letter
        return letter.message

    def expect_none(self, within: float = 0.1) -> None:
        """No message must come for so long."""
        letter = self._next(self._now() + within)
        if letter is not None:
            raise AssertionError(
                f"{self!r} got {letter.message!r}; expected nothing for "
                f"{within:g} s"
            )

    def expect_all(self, *expected: Any, within: float = 1.0) -> list[Any]:
        """As many messages, each as one of `expected`, in any order.

        Returns them in the order in which they are given here.
        """
        found: dict[int, Any] = {}
        end = self._now() + within
        while len(found) < len(expected):
            missing = [i for i in range(len(expected)) if i not in found]
            letter = self._next(end)
            if letter is None:
                wanted = ", ".join(describe(expected[i]) for i in missing)
                raise AssertionError(
                    f"{self!r} didn't get {wanted} within {within:g} s{self._so_far()}"
                )
            index = next(
                (i for i in missing if matches(expected[i], letter.message)), None
            )
            if index is None:
                wanted = " or ".join(describe(expected[i]) for i in missing)
                raise AssertionError(
                    f"{self!r} got {letter.message!r}; expected {wanted}"
                )
            found[index] = letter.message
            self._last = letter
        return [found[i] for i in range(len(expected))]

    def fish(self, expected: Any, within: float = 1.0) -> Any:
        """The next message that is as expected; others before it are passed over."""
        end = self._now() + within
        passed = 0
        while (letter := self._next(end)) is not None:
            if matches(expected, letter.message):
                self._last = letter
                return letter.message
            passed += 1
        raise AssertionError(
            f"{self!r} got no {describe(expected)} within {within:g} s, but "
            f"{passed} others{self._so_far()}"
        )

    # Answers.

    def reply(self, value: Any = None) -> None:
        """Answers the request that was expected last."""
        self._core.answer(self._take_asker(), value)

    def fail(self, exception: BaseException) -> None:
        """Answers the request that was expected last with an exception."""
        self._core.fail(self._take_asker(), exception)

    def _take_asker(self) -> Any:
        if self._last is None or self._last.asker is None:
            raise RuntimeError(
                f"{self!r} has nothing to answer: the message that was expected "
                "last was told, not asked, or answered already"
            )
        asker, self._last.asker = self._last.asker, None
        return asker

    # Ends.

    def watch(self, ref: Ref[Any]) -> None:
        """From now on expect_down() tells of the end of this actor."""
        self._core.watch(ref)

    def expect_down(
        self, ref: Ref[Any], reason: str | None = None, within: float = 1.0
    ) -> Down:
        """The actor, which is watched, must end in time, for this reason."""
        end = self._now() + within
        while True:
            down = next((d for d in self._downs if d.ref == ref), None)
            if down is not None:
                break
            if not self._take_one(max(0.0, end - self._now())):
                raise AssertionError(
                    f"{ref!r} didn't end within {within:g} s, or {self!r} doesn't "
                    "watch it"
                )
        self._downs.remove(down)
        if reason is not None and down.reason != reason:
            raise AssertionError(
                f"{ref!r} ended: {down.reason} {down.words}; expected {reason!r}"
            )
        return down

    # The rest.

    def _next(self, end: float) -> _Letter | None:
        while not self._letters:
            if not self._take_one(max(0.0, end - self._now())):
                return None
        return self._letters.popleft()

    def _take_all(self) -> None:
        while self._core.waiting:
            self._take_one(0)

    def _take_one(self, timeout: float) -> bool:
        taken = self._core.take(timeout)
        if taken is None:
            return False
        if taken[0] == "down":
            self._downs.append(Down(*taken[1:]))
        else:
            _, handler, arguments, sender, asker = taken
            message = message_of(handler, arguments)
            self._all.append(message)
            self._letters.append(_Letter(message, sender, asker))
        return True

    def _so_far(self) -> str:
        if not self._all:
            return ""
        latest = ", ".join(repr(message) for message in self._all[-5:])
        return f"; so far, {len(self._all)} in all: {latest}"

    def __repr__(self) -> str:
        return f"<Probe {self._core.ref.name!r}>"
