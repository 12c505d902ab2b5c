# SPDX-License-Identifier: Apache-2.0
"""The words of a file: plain Python, for actors with an interpreter of their own."""

import os
import re
from collections import Counter

_WORD = re.compile(r"[a-z]{3,}")


def counted(root, path):
    """A file's name below `root`, and how often it has which word."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    # getAttribute, get_attribute and GetAttribute are two words each.
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    return os.path.relpath(path, root), dict(Counter(_WORD.findall(text)))


def are_enough(least, counts):
    return len(counts[1]) >= least


def files_in(root):
    """The Python files below a folder that aren't tests, in a fixed order."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - {"test", "tests", "site-packages", "__pycache__"})
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
    return found
