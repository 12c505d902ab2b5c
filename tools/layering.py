# SPDX-License-Identifier: Apache-2.0
"""Checks that the code depends in one direction only.

    samples  tests  bench        leaves
          \\    |    /
           pybridge              alone has <Python.h>
              |
            actors
            /    \\
      mailbox    scheduler       alone have Boost.Lockfree, Boost.Asio
            \\    /
             base

Both what a file includes and what a BUILD file names must point downwards, and
what is below must not be visible to what it must not know. Bazel enforces the
visibility; this makes sure that it says the right thing.
"""

import os
import re
import sys

BELOW = {
    "base": set(),
    "mailbox": {"base"},
    "scheduler": {"base"},
    "actors": {"base", "mailbox", "scheduler"},
    "pybridge": {"base", "mailbox", "scheduler", "actors"},
}
LEAVES = {"samples", "tests", "bench"}

# A library header, and the only folder that may include it.
ONLY_IN = {
    "Python.h": "pybridge",
    "boost/asio": "scheduler",
    "boost/lockfree": "mailbox",
}

# These headers are found even if the BUILD file does not say where, so see to it.
REPOSITORY = {
    "boost/": "@boost",
    "doctest/": "doctest",
    "CLI/": "@cli11",
    "toml++/": "@tomlplusplus",
    "Python.h": "@python",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(<|")([^>"]+)[>"]', re.M)
LABEL = re.compile(r'"(//[^"]*)"')
VISIBILITY = re.compile(r"^//visibility:|:__(pkg|subpackages)__$")
FENCE = re.compile(r"\batomic_(thread|signal)_fence\b")


def may_use(folder, other):
    """True if code in `folder` may depend on code in `other`."""
    if folder == other or folder in LEAVES:
        return True
    return other not in LEAVES and other in BELOW.get(folder, {other})


def layer_of(path):
    """The layer that a file belongs to; a test's is the one that it tests."""
    parts = path.split("/")
    if parts[0] == "tests" and len(parts) > 2:
        return parts[1]
    return parts[0]


def top_of(label):
    return label[2:].split("/")[0].split(":")[0]


def check_include(path, header, angled):
    folder, layer = path.split("/")[0], layer_of(path)
    for library, owner in ONLY_IN.items():
        if header.startswith(library) and owner != layer:
            yield f"{path}: <{header}> is for {owner}/ only"
    first = header.split("/")[0]
    if not angled and "/" in header and not may_use(folder, first):
        yield f"{path}: {folder}/ must not include {header}"


def check_source(path, text, build):
    for bracket, header in INCLUDE.findall(text):
        yield from check_include(path, header, bracket == "<")
        for prefix, repository in REPOSITORY.items():
            if header.startswith(prefix) and repository not in build:
                yield f"{path}: its BUILD file does not name {repository} for <{header}>"
    if FENCE.search(text):
        yield f"{path}: a fence, which ThreadSanitizer does not see; order the atomics instead"


def check_visibility(path, folder, label):
    if label == "//visibility:public":
        if folder in BELOW and folder not in ("base", "pybridge"):
            yield f"{path}: visible to all; name the folders that may use it"
    elif not may_use(top_of(label), folder):
        yield f"{path}: must not be visible to {top_of(label)}/"


def check_dependency(path, folder, label):
    if top_of(label) in set(BELOW) | LEAVES and not may_use(folder, top_of(label)):
        yield f"{path}: {folder}/ must not depend on {label}"


def check_build(path, text):
    folder = path.split("/")[0]
    for label in LABEL.findall(text):
        check = check_visibility if VISIBILITY.search(label) else check_dependency
        yield from check(path, folder, label)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def files(root):
    """The paths of sources and BUILD files in the layers and leaves."""
    for top in sorted(set(BELOW) | LEAVES):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name == "BUILD" or name.endswith((".hpp", ".cpp", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def build_text(root, folder):
    """What the BUILD file says that is for `folder`; it may be further up."""
    while folder:
        build = os.path.join(folder, "BUILD")
        if os.path.exists(os.path.join(root, build)):
            return read(root, build)
        folder = os.path.dirname(folder)
    return ""


def check(root):
    """What is wrong, one line each."""
    for path in files(root):
        text = read(root, path)
        if path.endswith("BUILD"):
            yield from check_build(path, text)
            continue
        yield from check_source(path, text, build_text(root, os.path.dirname(path)))


def main():
    root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    wrong = list(check(root))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
