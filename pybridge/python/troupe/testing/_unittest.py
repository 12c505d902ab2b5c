# SPDX-License-Identifier: Apache-2.0
"""For test cases of the module unittest."""

import unittest

from troupe.testing._probe import Probe
from troupe.testing._system import TestSystem


class ActorTestCase(unittest.TestCase):
    """Each test gets a TestSystem of its own, self.system.

    >>> class ShopTest(ActorTestCase):
    ...     def test_an_order_is_delivered(self):
    ...         customer = self.probe("customer")
    ...         self.system.spawn("shop").tell.order("bread", customer.ref)
    ...         customer.expect(call.delivered("bread"))
    """

    seed = 0
    system: TestSystem

    def setUp(self) -> None:
        super().setUp()
        self.system = TestSystem(self.seed)
        self.addCleanup(self._end_system)

    def probe(self, name: str | None = None) -> Probe:
        return self.system.probe(name)

    def _end_system(self) -> None:
        left = self.system.shutdown()
        self.assertEqual(left, [], "actors that could not be ended")
