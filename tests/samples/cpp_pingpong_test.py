# SPDX-License-Identifier: Apache-2.0
import os
import unittest

import sample


class CppPingPongTest(unittest.TestCase):

    def test_it_prints_how_long_the_round_trips_took(self):
        done = sample.run("cpp_pingpong", "--rounds", "1000")
        self.assertRegex(
            done.stdout,
            r"^1000 round trips in \d+\.\d\d s: \d+ a second, \d+ ns each\n$")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_one_worker_will_do(self):
        done = sample.run("cpp_pingpong", "--rounds=1000", "--workers=1")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_wrong_number_of_rounds_gets_a_message(self):
        for wrong in "0", "-1", "many":
            done = sample.run("cpp_pingpong", "--rounds", wrong)
            self.assertIn("--rounds", done.stderr)
            self.assertNotEqual(done.returncode, 0)

    def test_it_needs_nothing_of_the_bridge_to_Python(self):
        with open(os.environ["BRIDGE_PARTS"], encoding="utf-8") as file:
            self.assertEqual(file.read(), "")


if __name__ == "__main__":
    unittest.main()
