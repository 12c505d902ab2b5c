# SPDX-License-Identifier: Apache-2.0
"""Says which row is to be painted next, and keeps those that are done."""

import troupe

_rows = {}
_next = iter(())
_height = 0


def started(height):
    global _next, _height
    _next, _height = iter(range(height)), height


@troupe.handler
def next_row(painter):
    """Gives `painter` a row to paint, if there is one left."""
    if (y := next(_next, None)) is not None:
        painter.tell.paint(y)


@troupe.handler
def painted(y, pixels):
    _rows[y] = pixels


@troupe.handler
def done():
    """How many rows have been painted so far."""
    return len(_rows)


@troupe.handler
def rows():
    return [_rows[y] for y in range(_height)]
