# SPDX-License-Identifier: Apache-2.0
"""Prints a report for people."""

import os
import shutil
import sys

COUNTS = ("files", "lines", "bytes", "comments", "functions", "classes")


def show(report, root, seconds, how):
    width = _width()
    _title(f"Census of {root}")
    for key in COUNTS:
        _line(f"  {key:<11}{report[key]:>12,}")
    _longest(report["longest"], width)
    _imports(report["imports"], width)
    _unreadable(report["unreadable"])
    files, rate = report["files"], report["files"] / seconds
    _line(f"\n{files:,} files in {seconds:.2f} s, {rate:,.0f} a second ({how})")


def _longest(rows, width):
    if not rows:
        return
    _title("Longest functions", "lines")
    names = max(len(name) for _, name, _ in rows)
    names = min(names, max(12, width // 2 - 12))
    for path, name, length in rows:
        name = _fit(name, names)
        _line(f"{length:>9,}  {name:<{names}}  {_fit(path, width - names - 13)}")


def _imports(imports, width):
    if not imports:
        return
    _title("Most imported modules", "times")
    rows = list(imports.items())[:10]
    names = min(max(len(name) for name, _ in rows), width // 3)
    room = min(40, width - names - 14)
    for name, times in rows:
        bar = _bar_character() * max(1, round(room * times / rows[0][1]))
        _line(f"{times:>9,}  {_fit(name, names):<{names}}  {_paint(bar, '36')}")


def _unreadable(paths):
    if not paths:
        return
    _title(f"Unreadable files: {len(paths):,}")
    for path in paths:
        _line(f"  {_plain(path)}")


def _title(text, unit=""):
    unit = f" ({unit})" if unit else ""
    _line(f"\n{_paint(_plain(text), '1')}{unit}")


def _fit(text, width):
    """The end of `text` says most: of a path, of a name."""
    text = _plain(text)
    return text if len(text) <= width else "..." + text[3 - width:]


def _plain(text):
    """File names may hold anything; a terminal obeys some of it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _paint(text, colour):
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def _width():
    """In a file or a pipe nothing needs to be cut."""
    return max(50, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 1000


def _bar_character():
    return "\u2588" if _encoding().lower().startswith("utf") else "#"


def _encoding():
    return sys.stdout.encoding or "utf-8"


def _line(text):
    print(text.encode(_encoding(), "backslashreplace").decode(_encoding()))
