# SPDX-License-Identifier: Apache-2.0
"""Asks others, and waits for their answers in all ways there are."""

import troupe

TIMEOUT = 60


@troupe.handler
def gather(others, message):
    return troupe.gather(*(other.ask(message) for other in others), timeout=TIMEOUT)


@troupe.handler
def first_of(future_makers):
    """future_makers: (ref, descriptor) of actors that hold; the first that is done."""
    asked = {ref.ask.hold_until(descriptor): ref.name for ref, descriptor in future_makers}
    done, _ = troupe.wait(asked, TIMEOUT, troupe.FIRST_COMPLETED)
    return sorted(asked[future] for future in done)


@troupe.handler
def gather_held(ref, descriptor):
    troupe.gather(ref.ask.hold_until(descriptor))


@troupe.handler
def wait_for_me_too(other):
    """Waits for another and for this actor, as it can't."""
    me = troupe.context.self
    try:
        troupe.gather(other.ask("hello"), me.ask.gather((), None))
    except troupe.DeadlockError as error:
        return error.cycle
    return "no error"


@troupe.handler
def wait_for_one_of(other):
    """The answer of the other will do, so this is no deadlock."""
    futures = other.ask("hello"), troupe.context.self.ask.gather((), None)
    done, _ = troupe.wait(futures, TIMEOUT, troupe.FIRST_COMPLETED)
    return [future.result() for future in done]


@troupe.handler
def ask_along(others):
    """Each asks the next, and waits."""
    if others:
        return 1 + others[0].ask.ask_along(others[1:]).result()
    return 1


@troupe.handler
def join(other):
    return other.join()


@troupe.handler
def have_joined(other):
    """Asks the other to wait for this actor's end."""
    return other.ask.join(troupe.context.self).result()


@troupe.handler
def spawn_one_that_asks_back(module):
    return troupe.context.spawn(module, troupe.context.self)
