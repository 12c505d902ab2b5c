# SPDX-License-Identifier: Apache-2.0
"""The last stage: adds up what the analysers find."""

import measure
import troupe

_total = measure.empty()


@troupe.handler
def add(count):
    measure.merge(_total, count)


@troupe.handler
def files():
    """How many files have been measured so far."""
    return _total["files"]


@troupe.handler
def report():
    return measure.report(_total)
