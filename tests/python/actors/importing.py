# SPDX-License-Identifier: Apache-2.0
"""Actors that import: for as long as they are let, or through a finder of their
own that takes a while."""

import os
import sys
import time

import troupe

NAMES = ("calendar", "colorsys", "csv", "fractions", "shlex", "statistics", "wave")


class SlowFinder:
    """Finds nothing: writes to `notes`, waits for `go`, computes, writes again."""

    def __init__(self, notes, go):
        self.notes = notes
        self.go = go

    def find_spec(self, name, path=None, target=None):
        if name == "what_nobody_has":
            os.write(self.notes, b".")
            os.read(self.go, 1)
            end = time.monotonic() + 0.1  # while a kill would be raised
            while time.monotonic() < end:
                pass
            os.write(self.notes, b".")


class Importer:
    @troupe.handler
    def again_and_again(self, notes):
        os.write(notes, b".")
        while True:
            for name in NAMES:
                sys.modules.pop(name, None)
            for name in NAMES:
                __import__(name)

    @troupe.handler
    def slowly(self, notes, go):
        sys.meta_path.insert(0, SlowFinder(notes, go))
        try:
            import what_nobody_has  # noqa: F401
        except ModuleNotFoundError:
            while True:
                pass
        finally:
            del sys.meta_path[0]

    @troupe.handler
    def what_never_ends(self, notes):
        os.environ["ENDLESS_NOTES"] = str(notes)
        import actors.endless  # noqa: F401

    @troupe.handler
    def once(self):
        for name in NAMES:
            __import__(name)
        return len(NAMES)
