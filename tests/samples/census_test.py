# SPDX-License-Identifier: Apache-2.0
import collections
import json
import os
import pty
import subprocess
import tempfile
import unittest

import census_corpus
import sample

sample.import_from("census")
import measure
import table

KEYS = ["files", "unreadable", "bytes", "lines", "comments", "functions",
        "classes", "imports", "longest"]


def census(*args, folder="."):
    return sample.run("census", *args, folder=folder)


class OneFile(unittest.TestCase):
    """What measure.py says of a single file."""

    def setUp(self):
        self.root = self.enterContext(tempfile.TemporaryDirectory())
        self.unreadable = census_corpus.write(self.root)

    def test_a_good_file_is_counted_as_a_reader_would(self):
        for path, (data, facts) in census_corpus.GOOD.items():
            with self.subTest(path=path):
                count = measure.measure(self.root, path)
                self.assertEqual(count["unreadable"], [])
                self.assertEqual(count["files"], 1)
                self.assertEqual(count["bytes"], len(data))
                for key, expected in vars(facts).items():
                    self.assertEqual(count[key], expected, key)

    def test_a_bad_file_is_listed_and_counts_for_nothing_else(self):
        for path in self.unreadable:
            with self.subTest(path=path):
                expected = measure.empty() | {"files": 1, "unreadable": [path]}
                self.assertEqual(measure.measure(self.root, path), expected)

    def test_every_python_file_is_found_once_and_nothing_else(self):
        found = sorted(path for _, path in measure.find(self.root))
        self.assertEqual(found, sorted([*census_corpus.GOOD, *self.unreadable]))


class Longest(unittest.TestCase):
    def longest(self, **sources):
        with tempfile.TemporaryDirectory() as root:
            total = measure.empty()
            for name, source in sources.items():
                with open(os.path.join(root, name), "w") as file:
                    file.write(source)
                measure.merge(total, measure.measure(root, name))
            return measure.report(total)["longest"]

    def test_counts_from_def_to_the_last_line(self):
        rows = self.longest(
            a="@one\n@two(\n  3)\ndef f(\n  x):\n\n  return 1\n\n\n# end\n")
        self.assertEqual(rows, [["a", "f", 4]])

    def test_sorts_by_length_then_path_then_line(self):
        rows = self.longest(b="def z(): 0\ndef y(): 0\n",
                            a="def x(): 0\ndef w():\n  0\n")
        self.assertEqual(
            rows, [["a", "w", 2], ["a", "x", 1], ["b", "z", 1], ["b", "y", 1]])

    def test_keeps_ten(self):
        rows = self.longest(a="def f(): 0\n" * 11, b="def g():\n  0\n")
        self.assertEqual(rows, [["b", "g", 2]] + [["a", "f", 1]] * 9)


class Corpus(unittest.TestCase):
    """The program, on the good and the bad files."""

    def setUp(self):
        self.root = self.enterContext(tempfile.TemporaryDirectory())
        unreadable = census_corpus.write(self.root)
        self.expected = expected_report(unreadable)

    def check(self, *args):
        done = census("--root", self.root, "--json", *args)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        report = json.loads(done.stdout)
        self.assertEqual(list(report), KEYS)
        del report["longest"]
        self.assertEqual(report, self.expected)
        return done.stdout

    def test_actors_and_loop_find_what_was_counted_by_hand(self):
        loop = self.check("--sequential")
        for workers in ("1", "2", "3"):
            self.assertEqual(self.check("--workers", workers), loop)

    def test_compare_agrees_and_says_how_fast(self):
        done = census("--root", self.root, "--compare")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertRegex(
            done.stdout, r"(?m)^One plain loop finds the same .* as fast\.$")

    def test_compare_leaves_standard_output_to_json(self):
        done = census("--root", self.root, "--compare", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(list(json.loads(done.stdout)), KEYS)
        self.assertIn("as fast", done.stderr)

    def test_the_table_lists_bad_files_and_obeys_no_file_name(self):
        done = census("--root", self.root)
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("bad/null_byte.py\n", done.stdout)
        self.assertIn("bad/\\udcff.py\n", done.stdout)

    def test_a_relative_root_is_relative_to_the_users_folder(self):
        folder, name = os.path.split(self.root)
        done = census("--root", name, "--json", folder=folder)
        self.assertEqual(json.loads(done.stdout)["files"], self.expected["files"])


class Program(unittest.TestCase):
    def test_standard_library_is_the_default_and_both_ways_agree(self):
        done = census("--compare", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertGreater(report["files"], 400)
        self.assertGreater(report["imports"]["sys"], 100)
        self.assertEqual(len(report["longest"]), 10)

    def test_an_empty_folder_has_a_census_too(self):
        with tempfile.TemporaryDirectory() as root:
            done = census("--root", root, "--json")
            self.assertEqual(json.loads(done.stdout), measure.empty())
            self.assertEqual(census("--root", root).returncode, 0)

    def test_bad_options_get_one_message_and_exit_code_2(self):
        for args, message in {
            ("--root", "/no/such/folder"): "no folder '/no/such/folder'",
            ("--root", __file__): "no folder",
            ("--workers", "0"): "--workers must be from 1",
            ("--workers", "-1"): "--workers must be from 1",
            ("--workers", "two"): "invalid int value: 'two'",
            ("--frobnicate",): "unrecognized arguments: --frobnicate",
        }.items():
            with self.subTest(args=args):
                done = census(*args)
                self.assertEqual((done.stdout, done.returncode), ("", 2))
                self.assertEqual(done.stderr.count("census: error: "), 1)
                self.assertIn(message, done.stderr)

    def test_progress_is_shown_on_a_terminal(self):
        seen, exit_code = on_terminal(sample.command("census"))
        self.assertEqual(exit_code, 0)
        self.assertIn(b"%", seen)
        self.assertIn(b"file/s", seen)
        self.assertIn(b"Longest functions", seen)


class Table(unittest.TestCase):
    def test_long_texts_keep_their_end(self):
        self.assertEqual(table._fit("abcdefgh", 8), "abcdefgh")
        self.assertEqual(table._fit("abcdefghi", 8), "...efghi")

    def test_control_characters_are_spelled_out(self):
        self.assertEqual(table._plain("a\n\x1b\udcff\u00e9"), "a\\n\\x1b\\udcff\u00e9")


def expected_report(unreadable):
    report = {"files": len(census_corpus.GOOD) + len(unreadable),
              "unreadable": unreadable, "bytes": 0, "lines": 0, "comments": 0,
              "functions": 0, "classes": 0, "imports": collections.Counter()}
    for data, facts in census_corpus.GOOD.values():
        report["bytes"] += len(data)
        for key, value in vars(facts).items():
            if key == "imports":
                report[key].update(value)
            else:
                report[key] += value
    return report


def on_terminal(command):
    """Runs `command` on a terminal: what it shows, and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:
        pass  # that is how Linux says that the other side is closed
    os.close(ours)
    return seen, process.wait()


if __name__ == "__main__":
    unittest.main()
