# SPDX-License-Identifier: Apache-2.0
"""The name of a wheel says what its extension module needs."""

import os
import sys
import unittest

import tags

MACHINE = os.uname().machine


def strings(*names):
    """What the string table of an ELF file with these names looks like."""
    return b"\x7fELF..." + b"".join(b"\0" + name.encode() for name in names) + b"\0"


class Tags(unittest.TestCase):
    def test_the_youngest_symbol_of_glibc_decides(self):
        extension = strings("GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.17")
        self.assertEqual(tags.platform_tag(extension), f"manylinux_2_34_{MACHINE}")

    def test_versions_are_numbers_not_words(self):
        extension = strings("GLIBC_2.9", "GLIBC_2.100")
        self.assertEqual(tags.platform_tag(extension), f"manylinux_2_100_{MACHINE}")

    def test_of_old_symbols_alone_it_is_the_oldest_policy(self):
        tag = tags.platform_tag(strings("GLIBC_2.2.5"))
        self.assertIn(tag, (f"manylinux_2_5_{MACHINE}", f"manylinux_2_17_{MACHINE}"))

    def test_a_library_that_is_not_everywhere_is_refused(self):
        extension = strings("libc.so.6", "libstdc++.so.6", "libgcc_s.so.1")
        with self.assertRaisesRegex(tags.NotPortable, r"libstdc\+\+\.so\.6"):
            tags.platform_tag(extension)

    def test_the_libraries_of_every_linux_are_fine(self):
        extension = strings("libc.so.6", "libm.so.6", "libgcc_s.so.1", "GLIBC_2.34")
        self.assertEqual(
            tags.libraries(extension), {"libc.so.6", "libm.so.6", "libgcc_s.so.1"}
        )
        tags.platform_tag(extension)

    def test_the_python_is_the_one_that_runs(self):
        self.assertEqual(tags.python_tag(), "cp%d%d" % sys.version_info[:2])


if __name__ == "__main__":
    unittest.main()
