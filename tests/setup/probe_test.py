# SPDX-License-Identifier: Apache-2.0
"""What tools/python/probe.py says of a Python, this one with changes."""

import os
import sysconfig
import tempfile
import unittest
from unittest import mock

import probe


def probed(**changes):
    """The probe's facts if some sysconfig variables had other values."""

    def variable(name):
        return changes.get(name, sysconfig.get_config_var(name))

    return probe.probe(variable)


class Probe(unittest.TestCase):
    def test_takes_this_python(self):
        facts = probed()
        self.assertIn(facts["verdict"], ("good", "usable"))
        self.assertTrue(os.path.exists(facts["include"] + "/Python.h"))

    def test_refuses_one_that_is_too_old(self):
        with mock.patch("sys.version_info", (3, 12, 9, "final", 0)):
            facts = probed()
        self.assertEqual(facts["verdict"], "refused")
        self.assertEqual(facts["reason"], "it is Python 3.12.9, and Troupe needs 3.13 or newer")

    def test_takes_the_one_before_with_a_reservation(self):
        with mock.patch("sys.version_info", (3, 13, 5, "final", 0)):
            facts = probed()
        self.assertEqual(facts["verdict"], "usable")
        self.assertIn("loses memory", facts["reason"])

    def test_has_a_reservation_about_a_pre_release_and_a_debug_build(self):
        with mock.patch("sys.version_info", (3, 15, 0, "beta", 1)):
            self.assertIn("pre-release", probed()["reason"])
        with mock.patch("sys.version_info", (3, 15, 0, "final", 0)):
            self.assertIn("debug build", probed(Py_DEBUG=1)["reason"])

    def test_refuses_a_free_threaded_build(self):
        facts = probed(Py_GIL_DISABLED=1)
        self.assertEqual(facts["verdict"], "refused")
        self.assertIn("free-threaded", facts["reason"])

    def test_refuses_another_implementation(self):
        with mock.patch("sys.implementation", mock.Mock()) as implementation:
            implementation.name = "pypy"
            self.assertEqual(probed()["reason"], "it is pypy, not CPython")

    def test_refuses_one_without_headers(self):
        with tempfile.TemporaryDirectory() as empty:
            with mock.patch("sysconfig.get_path", lambda name: empty):
                facts = probed()
        self.assertEqual(facts["verdict"], "refused")
        self.assertIn("headers are not installed", facts["reason"])

    def test_refuses_one_without_libpython(self):
        facts = probed(LIBRARY="libnone.a", INSTSONAME="libnone.so.1.0")
        self.assertEqual(facts["verdict"], "refused")
        self.assertIn("libpython is not installed", facts["reason"])


if __name__ == "__main__":
    unittest.main()
