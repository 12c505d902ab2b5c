# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package share. Each test file is a program for the
launcher: `troupe run x_test.py` runs its test cases."""

import os
import sys
import unittest

import troupe

TIMEOUT = 60  # seconds; far more than anything here takes


class SystemTestCase(unittest.TestCase):
    """A test case with a system of its own for each test."""

    workers = 2

    def setUp(self):
        self.system = troupe.System(workers=self.workers)
        self.addCleanup(self.end_system)

    def end_system(self):
        self.assertEqual(self.system.shutdown(timeout=TIMEOUT), [])

    def spawn(self, *args, **kwargs):
        return self.system.spawn(*args, **kwargs)

    def gate(self):
        """Two descriptors: a handler that reads the first (life.hold_until)
        stays in there until the test calls open_gate() with the second."""
        ends = os.pipe()
        for end in ends:
            self.addCleanup(os.close, end)
        return ends

    def open_gate(self, end):
        os.write(end, b".")

    def assert_quiet(self):
        self.assertTrue(self.system.wait_quiet(timeout=TIMEOUT))


def run(names):
    """Runs the test cases among `names`; the process's exit code tells."""
    cases = [
        unittest.defaultTestLoader.loadTestsFromTestCase(value)
        for value in names.values()
        if isinstance(value, type)
        and issubclass(value, unittest.TestCase)
        and value is not SystemTestCase
    ]
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(
        unittest.TestSuite(cases)
    )
    sys.exit(not (result.wasSuccessful() and result.testsRun))
