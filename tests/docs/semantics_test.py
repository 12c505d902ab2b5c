# SPDX-License-Identifier: Apache-2.0
"""The tests that docs/semantics.md names for its promises exist, and are run."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.realpath("WORKSPACE"))
PAGE = "docs/semantics.md"

_ITEM = re.compile(r"^- (.*(?:\n  .*)*)", re.M)
_TESTS = re.compile(r'`(tests/[\w/]+\.\w+)`((?:,? "[^"\n]+")*)')
_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
_METHOD = re.compile(r"^    def (test_\w+)\(", re.M)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def promises():
    """[(promise, [(file, test)])] of the page."""
    text = read(PAGE).partition("\n## What is not promised")[0]
    return [
        (
            item[1].partition("\n")[0],
            [
                (file, name)
                for file, names in _TESTS.findall(item[1])
                for name in re.findall(r'"([^"]+)"', names)
            ],
        )
        for item in _ITEM.finditer(text)
    ]


def tests_in(path):
    text = read(path)
    if path.endswith(".py"):
        return set(_METHOD.findall(text))
    literals = (re.findall(r'"((?:[^"\\]|\\.)*)"', case) for case in _CASE.findall(text))
    return {"".join(parts) for parts in literals}


def is_run(path):
    """Whether a BUILD file makes a test of it."""
    folder, file = os.path.split(path)
    stem = file.rpartition(".")[0]
    build = read(os.path.join(folder, "BUILD"))
    names = (file, stem, stem.removesuffix("_test"))
    return any(f'"{name}"' in build for name in names)


class Semantics(unittest.TestCase):
    def test_every_promise_names_a_test(self):
        self.assertGreater(len(promises()), 20)
        for promise, tests in promises():
            self.assertTrue(tests, promise)

    def test_the_named_tests_exist(self):
        for promise, tests in promises():
            for path, name in tests:
                with self.subTest(f"{path} {name}"):
                    self.assertIn(name, tests_in(path), promise)

    def test_the_named_tests_are_run(self):
        for path in {path for _, tests in promises() for path, _ in tests}:
            self.assertTrue(is_run(path), path)


if __name__ == "__main__":
    unittest.main()
