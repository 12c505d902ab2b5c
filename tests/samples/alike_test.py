# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
import unittest

import sample

sample.import_from("alike")
import words

_NUMPY = os.path.join(os.environ["TEST_SRCDIR"], "numpy")

TALES = {
    "fox.py": "# the quick brown fox jumps over the lazy dog and runs away again\n",
    "vixen.py": "# the quick brown vixen jumps over the lazy dog and runs away soon\n",
    "sea.py": "# waves break upon grey rocks while gulls scream above harbour walls\n",
    "empty.py": "",
}


class Words(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        for name, text in TALES.items():
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text)

    def test_are_those_in_names_too(self):
        path = os.path.join(self.folder, "x.py")
        with open(path, "w") as file:
            file.write("getName = get_name = GETNAME  # 12 of\n")
        self.assertEqual(
            words.counted(self.folder, path),
            ("x.py", {"get": 2, "name": 2, "getname": 1}))

    def test_come_from_python_files_that_are_no_tests(self):
        os.mkdir(os.path.join(self.folder, "tests"))
        for name in ("tests/fox.py", "fox.txt"):
            with open(os.path.join(self.folder, name), "w"):
                pass
        found = [os.path.basename(path) for path in words.files_in(self.folder)]
        self.assertEqual(found, ["empty.py", "fox.py", "sea.py", "vixen.py"])

    def run_alike(self, *args):
        return sample.run("alike", "--root", self.folder, "--words", "5", *args)

    @unittest.skipIf(os.path.exists(os.path.join(_NUMPY, "MISSING.txt")), "no numpy to be had")
    def test_make_files_alike(self):
        done = self.run_alike("--processes", "2")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        best, _, summary = done.stdout.splitlines()  # no other pair shares a word
        score, *names = best.split()
        self.assertEqual(names, ["fox.py", "vixen.py"])
        self.assertTrue(0 < float(score) < 1)
        self.assertIn("3 files compared", summary)

    def test_bad_options_are_refused(self):
        done = self.run_alike("--processes", "0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--processes must be from 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
