# SPDX-License-Identifier: Apache-2.0
"""What the census counts. Plain functions, which know nothing of actors.

A count is a dict with the keys of the report. `measure` makes the count of
one file, `merge` adds a count to another. A sum doesn't depend on the order of
its parts, so any number of actors comes to the same report as one loop.
"""

import ast
import io
import os
import sys
import tokenize
import warnings

SUMS = ("files", "bytes", "lines", "comments", "functions", "classes")


def find(root):
    """The `.py` files below `root`, as (size, path relative to it)."""
    found = []
    for folder, _, names in os.walk(root, onerror=_left_out):
        below = os.path.relpath(folder, root)
        for name in names:
            if name.endswith(".py"):
                size = _size(os.path.join(folder, name))
                found.append((size, os.path.normpath(os.path.join(below, name))))
    return found


def measure(root, path):
    """The count of one file. Whatever stops Python's own parser, and whatever
    keeps the file from being read, makes it an unreadable one."""
    count = empty() | {"files": 1}
    try:
        data = read(os.path.join(root, path))
        text = decode(data)
        tree, comments = parse(text)
    except Exception:
        return count | {"unreadable": [path]}
    count |= {"bytes": len(data), "lines": lines(text), "comments": comments}
    _survey(tree, path, count)
    return count


def empty():
    return {"files": 0, "unreadable": [], "bytes": 0, "lines": 0, "comments": 0,
            "functions": 0, "classes": 0, "imports": {}, "longest": []}


def merge(total, count):
    """Adds `count` to `total`."""
    for key in SUMS:
        total[key] += count[key]
    total["unreadable"] += count["unreadable"]
    for module, times in count["imports"].items():
        total["imports"][module] = total["imports"].get(module, 0) + times
    total["longest"] = sorted(total["longest"] + count["longest"])[:10]


def merged(total, count):
    """As merge, for a pipeline's reduce()."""
    merge(total, count)
    return total


def report(count):
    """The count as people and programs want to see it, in a fixed order."""
    imports = sorted(count["imports"].items(), key=lambda item: (-item[1], item[0]))
    return count | {
        "unreadable": sorted(count["unreadable"]),
        "imports": dict(imports),
        "longest": [[path, name, -length]
                    for length, path, _, name in count["longest"]],
    }


def read(path):
    """The bytes of a regular file: to open a pipe or a device might block."""
    if not os.path.isfile(path):
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        return file.read()


def decode(data):
    """The text as Python sees it: PEP 263, byte order mark, any line ends."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


def parse(text):
    """The syntax tree, and how many comments there are (the tree has none)."""
    with warnings.catch_warnings(action="ignore"):
        tree = ast.parse(text)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return tree, sum(token.type == tokenize.COMMENT for token in tokens)


def lines(text):
    return text.count("\n") + (text != "" and text[-1] != "\n")


def _survey(tree, path, count):
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                count["functions"] += 1
                length = node.end_lineno - node.lineno + 1
                # In this form the longest function is the smallest tuple.
                count["longest"].append((-length, path, node.lineno, node.name))
            case ast.ClassDef():
                count["classes"] += 1
            case ast.Import():
                _imported(count, [alias.name for alias in node.names])
            case ast.ImportFrom(level=0):
                _imported(count, [node.module] * len(node.names))
    count["longest"] = sorted(count["longest"])[:10]


def _imported(count, names):
    for name in names:
        module = name.partition(".")[0]
        count["imports"][module] = count["imports"].get(module, 0) + 1


def _size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0  # a broken link, say: `measure` finds out


def _left_out(error):
    print(f"census: left out: {error}", file=sys.stderr)
