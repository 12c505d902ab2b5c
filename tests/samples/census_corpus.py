# SPDX-License-Identifier: Apache-2.0
"""Python files, good and bad, and what a census must find in each of them.

The expectations were counted by hand.
"""

import os


class Facts:
    def __init__(self, lines, comments=0, functions=0, classes=0, **imports):
        self.lines, self.comments = lines, comments
        self.functions, self.classes = functions, classes
        self.imports = imports


GOOD = {
    "empty.py": (b"", Facts(lines=0)),
    "newline.py": (b"\n", Facts(lines=1)),
    "plain.py": (
        b"import os\n# one\ndef f():\n    return '#'  # two\n",
        Facts(lines=4, comments=2, functions=1, os=1)),
    "no_newline_at_the_end.py": (b"x = 1\ny = 2", Facts(lines=2)),
    "crlf.py": (
        b"import a.b, c\r\n# x\r\nclass A:\r\n    def m(self):\r\n        pass\r\n",
        Facts(lines=5, comments=1, functions=1, classes=1, a=1, c=1)),
    "lone_cr.py": (b"x = 1\r# one\ry = 2\r\r# two", Facts(lines=5, comments=2)),
    "mixed_line_ends.py": (b"a = 1\r\nb = 2\rc = 3\n", Facts(lines=3)),
    "form_feed.py": (b"x = 1\n\x0c\ndef f(): pass\n", Facts(lines=3, functions=1)),
    "not_line_ends.py": (
        "s = '\u2028\u2029\x85\x1c\x1d\x0b'  # \u2028\n".encode(),
        Facts(lines=1, comments=1)),
    "byte_order_mark.py": (b"\xef\xbb\xbf# one\nx = 1\n", Facts(lines=2, comments=1)),
    "byte_order_mark_and_utf8.py": (
        b"\xef\xbb\xbf# coding: utf-8\n", Facts(lines=1, comments=1)),
    "latin1.py": (
        b"# -*- coding: latin-1 -*-\nname = '\xe9'  # caf\xe9\n",
        Facts(lines=2, comments=2)),
    "cookie_in_the_second_line.py": (
        b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\ns = '\x80'\n",
        Facts(lines=3, comments=2)),
    "cookie_in_the_third_line.py": (
        b"# one\nx = 1\n# coding: no-such-codec\n", Facts(lines=3, comments=2)),
    "shift_jis.py": (
        b"# coding: shift_jis\n# \x83R\x83\x81\x83\x93\x83g\nx = '\x95\\'\n",
        Facts(lines=3, comments=2)),
    "imports.py": (
        b"from __future__ import annotations\n"
        b"import a.b, c\nimport a.b.c as d, a\n"
        b"from a.b import x, y\nfrom e import *\n"
        b"from . import f\nfrom .g import h\nfrom ..i.j import k, l\n"
        b"def late():\n    import c\n",
        Facts(lines=10, functions=1, __future__=1, a=5, c=2, e=1)),
    "nested.py": (
        b"class A:\n    class B:\n        async def m(self):\n"
        b"            def inner(): return lambda: 0\n"
        b"            async with x: pass\n"
        b"    @property\n    def p(self): return 1\n",
        Facts(lines=7, functions=3, classes=2)),
    "comment_in_an_f_string.py": (
        b"a = f'{1}#'\nb = f'''{\n1 # this is one\n}'''\n",
        Facts(lines=4, comments=1)),
    "warnings.py": (
        b"x = '\\d'\nassert (1, 2)\ny = 1if x else 2\nz = x is 1\n", Facts(lines=4)),
    "huge_line.py": (b"x = [" + b"1, " * 200_000 + b"]  # long\n",
                     Facts(lines=1, comments=1)),
    "folder.py/inner.py": (b"import os.path\n", Facts(lines=1, os=1)),
    "a folder/deeper/x.py": (b"import os\n", Facts(lines=1, os=1)),
    "new\nline \x1b[31m.py": (b"# one\n", Facts(lines=1, comments=1)),
    os.fsdecode(b"caf\xe9.py"): (b"# one\n", Facts(lines=1, comments=1)),
    ".py": (b"# no name\n", Facts(lines=1, comments=1)),
}

BAD = {
    "bad/byte_order_mark_and_latin1.py": b"\xef\xbb\xbf# coding: latin-1\n",
    "bad/no_such_codec.py": b"# coding: no-such-codec\n",
    "bad/not_a_text_codec.py": b"# coding: hex\n41\n",
    "bad/not_utf8.py": b"s = '\xe9'\n",
    "bad/utf16.py": "x = 1\n".encode("utf-16"),
    "bad/null_byte.py": b"x = 1\n\0\n",
    "bad/syntax.py": b"def f(:\n",
    "bad/python2.py": b"print 'hello'\n",
    "bad/indent.py": b"if 1:\n    x\n  y\n",
    "bad/open_string.py": b's = """\n',
    "bad/open_bracket.py": b"x = (\n",
    "bad/backslash_at_the_end.py": b"x = 1 + \\",
    "bad/surrogate.py": b"# coding: unicode_escape\nx = '\\ud800'\n",
    "bad/brackets.py": b"(" * 5_000 + b")" * 5_000,
    "bad/signs.py": b"-" * 100_000 + b"1\n",
    "bad/attributes.py": b"a" + b".b" * 200_000 + b"\n",
    os.fsdecode(b"bad/\xff.py"): b"(\n",
}

OTHER = {"notes.txt": b"x\n", "stub.pyi": b"x\n", "upper.PY": b"x\n", "py": b"x\n"}


def write(root):
    """Writes all these files, and some that aren't files, below `root`.

    Returns the paths of those which can't be measured.
    """
    for path, data in _contents():
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
    os.symlink(".", os.path.join(root, "bad", "loop"))
    os.symlink("../folder.py", os.path.join(root, "bad", "linked_folder.py"))
    os.symlink("nowhere", os.path.join(root, "bad", "dangling.py"))
    os.symlink("circle.py", os.path.join(root, "bad", "circle.py"))
    os.mkfifo(os.path.join(root, "bad", "pipe.py"))
    return sorted([*BAD, "bad/circle.py", "bad/dangling.py", "bad/pipe.py"])


def _contents():
    yield from ((path, data) for path, (data, _) in GOOD.items())
    yield from BAD.items()
    yield from OTHER.items()
