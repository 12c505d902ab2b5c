# SPDX-License-Identifier: Apache-2.0
import re
import unittest

import sample


class Bank(unittest.TestCase):
    def run_bank(self, *args):
        done = sample.run("bank", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done.stdout

    def numbers(self, text):
        return {word: int(number.replace(",", ""))
                for number, word in re.findall(r"(\d[\d,]*) ([a-z ]+)", text)}

    def test_no_money_is_made_or_lost(self):
        printed = self.run_bank("--transfers", "1000", "--tellers", "3")
        self.assertIn("50,000 in all, as much as before", printed)

    def test_each_transfer_ends_in_one_way(self):
        # So few that most of them find an account in a transfer.
        seen = self.numbers(self.run_bank("--accounts", "10", "--transfers", "500"))
        outcomes = [seen["done"], seen["no money"], seen["sent back"]]
        self.assertEqual(sum(outcomes), 1000)
        self.assertTrue(all(outcomes), seen)

    def test_bad_options_are_refused(self):
        done = sample.run("bank", "--accounts", "1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--accounts must be at least 2", done.stderr)


if __name__ == "__main__":
    unittest.main()
