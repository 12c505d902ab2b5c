# SPDX-License-Identifier: Apache-2.0
"""Computes rows, one for each message."""

import picture
import troupe

_canvas = _width = _height = None


def started(canvas, width, height):
    global _canvas, _width, _height
    _canvas, _width, _height = canvas, width, height


@troupe.handler
def paint(y):
    # Asked for now, the number of the next row is here when this row is done.
    _canvas.tell.next_row(troupe.context.self)
    _canvas.tell.painted(y, picture.row(y, _width, _height))
