# SPDX-License-Identifier: Apache-2.0
"""Actors as classes."""

import troupe


class Counter:
    def __init__(self, start=0, *, step=1):
        self.total = start
        self.step = step

    @troupe.handler
    def add(self, times=1):
        self.total += times * self.step
        return self.total

    def receive(self, message):
        return message, self.total

    @property
    def costly(self):
        raise AssertionError("a property isn't looked at")


class Doubler(Counter):
    @troupe.handler
    def double(self):
        self.total *= 2
        return self.total


class Nothing:
    """No handler, so no actor."""


class Outer:
    class Inner:
        @troupe.handler
        def hello(self):
            return "hello from inside"


class Order:
    """Notes who told it, in order."""

    def __init__(self):
        self.names = []

    def receive(self, name):
        self.names.append(name)

    @troupe.handler
    def order(self):
        return self.names


class Member:
    def __init__(self, watcher, name):
        self.watcher, self.name = watcher, name

    def receive(self, message):
        pass

    def stopping(self, reason):
        self.watcher.tell(self.name)


class Link:
    """Waits for the next of a chain, which waits for the next."""

    @troupe.handler
    def follow(self, rest):
        if not rest:
            return 1
        return 1 + rest[0].ask.follow(rest[1:]).result(timeout=60)


class Fussy:
    """Can be pickled anywhere, and rebuilt in no other interpreter."""

    def __init__(self, home=None):
        import troupe._core

        if not troupe._core.in_main_interpreter():
            raise ValueError("not here")

    def __reduce__(self):
        return Fussy, ()


class Sorts:
    """Handlers that need no object."""

    @troupe.handler
    @staticmethod
    def of_nothing(n):
        return n

    @troupe.handler
    @classmethod
    def of_the_class(cls):
        return cls.__name__
