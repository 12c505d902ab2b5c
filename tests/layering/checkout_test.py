# SPDX-License-Identifier: Apache-2.0
"""This checkout's layers are in order."""

import os
import unittest

import layering


class Checkout(unittest.TestCase):
    maxDiff = None  # show all of it

    def test_all_dependencies_point_downwards(self):
        root = os.path.dirname(os.path.realpath("WORKSPACE"))
        self.assertIn("base/BUILD", layering.files(root))
        self.assertEqual("\n".join(layering.check(root)), "")


if __name__ == "__main__":
    unittest.main()
