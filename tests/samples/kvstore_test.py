# SPDX-License-Identifier: Apache-2.0
import os
import re
import tempfile
import unittest

import sample


class KeyValueStore(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.write("poem", "".join(f"line {n}\n" for n in range(300)))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_it(self, *args):
        done = sample.run("kvstore", *args, folder=self.folder)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return [
            int(number.replace(",", ""))
            for number in re.findall(r"\b\d[\d,]*(?= )", done.stdout)
        ]

    def test_loses_nothing_that_it_has_answered(self):
        found, put, _, kills, restarts, _, lost = self.run_it(
            "--kill-every", "25", "poem")[:7]
        self.assertEqual((found, put, kills, lost), (0, 300, 12, 0))
        self.assertGreater(restarts, 0)
        self.assertLessEqual(restarts, kills)

    def test_begins_with_what_is_in_its_journal(self):
        self.run_it("--journal", "j", "--kill-every", "100", "poem")
        # A last line that was only begun is no value.
        with open(os.path.join(self.folder, "j"), "ab") as file:
            file.write(b'["torn", "of')
        self.write("more", "one\ntwo\n")
        found, put, *_ = self.run_it("--journal", "j", "more")
        self.assertEqual((found, put), (300, 2))

    def test_says_what_it_doesnt_take(self):
        for args, words in (
            (["--kill-every", "0"], "at least 1"),
            (["nowhere.txt"], "no file 'nowhere.txt'"),
        ):
            done = sample.run("kvstore", *args, folder=self.folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
