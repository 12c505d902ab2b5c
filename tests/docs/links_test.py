# SPDX-License-Identifier: Apache-2.0
"""The links in the documents lead somewhere."""

import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.realpath("WORKSPACE"))

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(#[^)\s]*)?\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.M | re.S)
_HEADING = re.compile(r"^#+ (.*)$", re.M)


def documents():
    places = ("*.md", "docs/*.md", "samples/*.md", "[a-z]*/README.md")
    found = {path for place in places for path in glob.glob(place, root_dir=ROOT)}
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def anchors(text):
    """What headings are called in links."""
    headings = _HEADING.findall(text)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


class Links(unittest.TestCase):
    def test_every_link_leads_to_a_file_and_a_heading(self):
        self.assertIn("README.md", documents())
        for path in documents():
            for target, anchor in _LINK.findall(_CODE.sub("", read(path))):
                if "://" in target:
                    continue
                with self.subTest(f"{path}: {target}{anchor}"):
                    there = os.path.normpath(os.path.join(os.path.dirname(path), target))
                    there = there if target else path
                    self.assertTrue(os.path.exists(os.path.join(ROOT, there)))
                    if anchor:
                        self.assertIn(anchor[1:], anchors(read(there)))


if __name__ == "__main__":
    unittest.main()
