# SPDX-License-Identifier: Apache-2.0
"""A row of the picture: a spiral in the seahorse valley of the Mandelbrot set.

The colour follows the time that a point needs to escape, made smooth. How the
escape changes from point to point (the derivative) gives the light from above
left, as on a relief, and a soft dark edge along the set.
"""

import cmath
import math

CENTRE = -0.7778 - 0.1352j
WIDTH = 0.0068  # of the picture, in the plane
TURNS = 600  # who hasn't escaped by now never will, and is black
FAR = 1000.0

LIGHT = cmath.rect(1.0, 2.3)
# The palette is a circle: five colours at these places of its circumference.
PLACES = (0.0, 0.2, 0.42, 0.64, 0.84, 1.0)
COLOURS = ((18, 32, 72), (38, 126, 170), (240, 240, 222), (245, 166, 66),
           (140, 42, 70), (18, 32, 72))


def row(y, width, height):
    """The pixels of row `y`, three bytes each, from left to right."""
    step = WIDTH / width
    left = CENTRE.real - WIDTH / 2
    imag = CENTRE.imag + (height / 2 - y - 0.5) * step
    pixels = bytearray()
    for x in range(width):
        pixels += colour(complex(left + (x + 0.5) * step, imag), step)
    return bytes(pixels)


def colour(c, step):
    """The colour of point `c`, when a pixel is `step` wide."""
    turns, z, slope = escape(c)
    if turns == TURNS:
        return bytes(3)
    smooth = turns + 1 - math.log2(math.log(abs(z)) / math.log(FAR))
    shade = light(z, slope) * edge(z, slope, step)
    return bytes(min(255, int(shade * value)) for value in palette(smooth))


def escape(c):
    """Iterates z * z + c: how often, where that ends, and the derivative."""
    z = slope = 0j
    for turns in range(TURNS):
        slope = (z + z) * slope + 1.0
        z = z * z + c
        if abs(z) > FAR:
            return turns, z, slope
    return TURNS, z, slope


def light(z, slope):
    normal = z / slope
    normal /= abs(normal)
    facing = (normal * LIGHT.conjugate()).real  # -1 to 1
    return 0.35 + 0.75 * max(0.0, (facing + 1.5) / 2.5)


def edge(z, slope, step):
    """Darker within two pixels of the set."""
    pixels = abs(z) * math.log(abs(z)) / abs(slope) / step
    return 1.0 if pixels > 2 else 0.25 + 0.75 * math.sqrt(pixels / 2)


def palette(smooth):
    place = (0.15 * math.sqrt(smooth) - 0.03) % 1.0
    n = next(n for n in range(5) if place < PLACES[n + 1])
    part = (place - PLACES[n]) / (PLACES[n + 1] - PLACES[n])
    part *= part * (3 - 2 * part)
    return [a + (b - a) * part for a, b in zip(COLOURS[n], COLOURS[n + 1])]
