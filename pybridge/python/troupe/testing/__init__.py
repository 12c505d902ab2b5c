# SPDX-License-Identifier: Apache-2.0
"""Testing actors: one step at a time, in virtual time, in an order that a seed
decides.

>>> with TestSystem(seed=7) as system:
...     probe = system.probe("customer")
...     shop = system.spawn("shop", probe.ref)
...     shop.tell.order("bread")
...     probe.expect(call.delivered("bread"))
...     system.advance(3600)  # takes no time
...     probe.expect(call.bill(4))

A TestSystem is a System in which nothing runs by itself: what waits for an
answer in the test makes it run, or step(), run() and advance() do. The same seed
gives the same order, so a failure can be had again; interleavings() looks for
one among many seeds. A probe is an actor that the test plays; it works in an
ordinary System too, in real time.
"""

from troupe.testing._faults import Faults
from troupe.testing._messages import Call, TraceEntry, call
from troupe.testing._probe import Probe
from troupe.testing._seeds import interleavings, seeds
from troupe.testing._system import TestSystem
from troupe.testing._unittest import ActorTestCase

__all__ = [
    "ActorTestCase",
    "Call",
    "Faults",
    "Probe",
    "TestSystem",
    "TraceEntry",
    "call",
    "interleavings",
    "seeds",
]
