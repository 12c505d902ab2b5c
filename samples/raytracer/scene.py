# SPDX-License-Identifier: Apache-2.0
"""What is to be seen: mirrors and glossy balls on a chequered floor, and how light
gets from there to the eye."""

import math
from typing import NamedTuple

Vector = tuple[float, float, float]


class Ball(NamedTuple):
    centre: Vector
    radius: float
    colour: Vector
    mirror: float  # how much of what it shows is a reflection


BALLS = (
    Ball((0.0, 1.0, 4.0), 1.0, (0.85, 0.25, 0.2), 0.25),
    Ball((-1.9, 0.7, 3.2), 0.7, (0.95, 0.95, 0.95), 0.8),
    Ball((1.6, 0.5, 2.6), 0.5, (0.2, 0.45, 0.85), 0.2),
    Ball((0.6, 0.25, 1.9), 0.25, (0.95, 0.75, 0.2), 0.15),
    Ball((-0.7, 0.3, 2.2), 0.3, (0.3, 0.7, 0.35), 0.15),
)
EYE = (0.0, 1.1, -1.5)
BOUNCES = 3


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def along(start, direction, length):
    return (start[0] + direction[0] * length, start[1] + direction[1] * length,
            start[2] + direction[2] * length)


def unit(v):
    length = math.sqrt(dot(v, v))
    return v[0] / length, v[1] / length, v[2] / length


def blend(a, b, part):
    return along(a, (b[0] - a[0], b[1] - a[1], b[2] - a[2]), part)


SUN = unit((-0.6, 1.0, -0.7))


def row(y, width, height):
    """The pixels of row `y`, three bytes each, from left to right."""
    pixels = bytearray()
    for x in range(width):
        to = unit(((x - width / 2) / height, (height / 2 - y) / height, 1.0))
        pixels += bytes(min(255, int(255 * math.sqrt(part))) for part in seen(EYE, to))
    return bytes(pixels)


def seen(start, direction, bounces=BOUNCES):
    """The colour that comes to `start` from where `direction` points."""
    far, ball = nearest(start, direction)
    if ball is not None:
        point = along(start, direction, far)
        away = unit(along(point, ball.centre, -1.0))
        return lit(point, away, direction, ball.colour, ball.mirror, bounces)
    if direction[1] < 0:
        point = along(start, direction, -start[1] / direction[1])
        dark = (math.floor(point[0]) + math.floor(point[2])) % 2
        colour = (0.12, 0.12, 0.14) if dark else (0.8, 0.78, 0.72)
        return blend(lit(point, (0.0, 1.0, 0.0), direction, colour, 0.1, bounces),
                     (0.7, 0.8, 0.9), min(1.0, -0.02 / direction[1]))
    return blend((0.7, 0.8, 0.9), (0.2, 0.4, 0.8), direction[1])


def lit(point, away, direction, colour, mirror, bounces):
    """A surface that faces `away`: in the sun or not, and what it reflects."""
    start = along(point, away, 1e-4)
    sun = dot(away, SUN)
    bright = 0.2 + (0.8 * sun if sun > 0 and nearest(start, SUN)[1] is None else 0.0)
    own = (colour[0] * bright, colour[1] * bright, colour[2] * bright)
    if bounces == 0:
        return own
    back = along(direction, away, -2 * dot(direction, away))
    return blend(own, seen(start, back, bounces - 1), mirror)


def nearest(start, direction):
    """How far the first ball in that direction is, and which one: None, if none."""
    far, found = math.inf, None
    for ball in BALLS:
        to = along(ball.centre, start, -1.0)
        middle = dot(to, direction)
        inside = ball.radius ** 2 - dot(to, to) + middle * middle
        if inside > 0 and 1e-4 < (reach := middle - math.sqrt(inside)) < far:
            far, found = reach, ball
    return far, found
