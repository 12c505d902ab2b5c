# SPDX-License-Identifier: Apache-2.0
"""What is in the wheel, and what pip and Python make of it."""

import base64
import csv
import hashlib
import json
import os
import tomllib
import unittest
import zipfile
from email.parser import Parser
from pathlib import Path

from installed import WHEEL, InstalledTest, environment, variables

PROJECT = tomllib.loads(
    Path(os.environ["TEST_SRCDIR"], "troupe", "pyproject.toml").read_text()
)["project"]
INFO = f"troupe-{PROJECT['version']}.dist-info"


class Contents(unittest.TestCase):
    def setUp(self):
        self.zip = zipfile.ZipFile(WHEEL)
        self.addCleanup(self.zip.close)

    def test_the_types_of_the_package_are_in_it(self):
        names = self.zip.namelist()
        self.assertIn("troupe/py.typed", names)
        self.assertIn("troupe/_core.pyi", names)
        self.assertIn("troupe/testing/__init__.py", names)

    def test_the_record_lists_each_file_with_its_hash(self):
        rows = list(csv.reader(self.zip.read(f"{INFO}/RECORD").decode().splitlines()))
        self.assertEqual(sorted(row[0] for row in rows), sorted(self.zip.namelist()))
        for name, digest, size in rows[:-1]:
            content = self.zip.read(name)
            self.assertEqual(int(size), len(content))
            hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            self.assertEqual(digest, "sha256=" + hashed.decode().rstrip("="))

    def test_the_metadata_is_that_of_the_project(self):
        about = Parser().parsestr(self.zip.read(f"{INFO}/METADATA").decode())
        self.assertEqual(about["Name"], "troupe")
        self.assertEqual(about["Version"], PROJECT["version"])
        self.assertEqual(about["License-Expression"], "Apache-2.0")
        self.assertEqual(about["Requires-Python"], PROJECT["requires-python"])
        self.assertIn("# Troupe", about.get_payload())
        self.assertIn("Apache License", self.zip.read(f"{INFO}/licenses/LICENSE").decode())

    def test_the_name_says_the_tag_that_the_file_says(self):
        tag = WHEEL.name.removesuffix(".whl").split("-", 2)[2]
        self.assertIn(f"Tag: {tag}\n", self.zip.read(f"{INFO}/WHEEL").decode())

    def test_two_builds_can_be_the_same_bytes(self):
        self.assertEqual({info.date_time[0] for info in self.zip.infolist()}, {1980})


class Installed(InstalledTest):
    def test_the_package_is_found_and_nothing_of_the_checkout(self):
        ended = self.run_code("import troupe; print(troupe.__file__)")
        self.assertTrue(ended.out.startswith(str(environment())), ended)

    def test_all_versions_are_one(self):
        ended = self.run_code(
            """
            from importlib.metadata import version

            import troupe

            print(version("troupe"), troupe.__version__)
            """
        )
        self.assertEnded(ended, 0, f"{PROJECT['version']} {PROJECT['version']}\n")

    def test_it_needs_no_other_distribution(self):
        ended = self.run_code(
            """
            import json
            from importlib.metadata import distributions

            print(json.dumps([d.name for d in distributions()]))
            """
        )
        self.assertEqual(json.loads(ended.out), ["troupe"])

    def test_the_extension_module_shows_nothing_but_its_ways_in(self):
        ended = self.run_code(
            """
            import ctypes

            from troupe import _core

            extension = ctypes.CDLL(_core.__file__)
            print(hasattr(extension, "PyInit__core"))
            print(hasattr(extension, "arc4random") and "libc's, or none")
            for name in ("_ZNSt6localeC1Ev", "_ZSt9terminatev"):
                own = ctypes.CDLL(_core.__file__, mode=ctypes.RTLD_LOCAL)
                print(hasattr(own, name))
            """
        )
        self.assertEqual(ended.out.splitlines()[0], "True", ended)
        self.assertEqual(ended.out.splitlines()[2:], ["False", "False"], ended)

    def test_the_environment_says_nothing_of_libraries(self):
        self.assertNotIn("LD_LIBRARY_PATH", variables())


if __name__ == "__main__":
    unittest.main()
